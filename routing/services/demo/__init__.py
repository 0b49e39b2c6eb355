"""The demo: something to look at in a minute, sent for real to a look-alike of both vendors."""
