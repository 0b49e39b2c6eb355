"""The Django project: settings, root URLs and the entry points of servers."""
