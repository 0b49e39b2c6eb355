"""The pure judge of a local look-alike of Feishu and Flashduty: what they would accept, refuse, answer and show.

It is written from the vendors' documentation and shares no code with the translators, so that it catches their
mistakes. It keeps no state and reads no clock: earlier calls and alerts are arguments, new ones are in the verdict.
"""
