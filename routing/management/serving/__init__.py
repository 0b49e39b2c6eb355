"""How the relay is run: the listening socket, the web server, and the supervisor of both processes."""
