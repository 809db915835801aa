"""A plug-in of archlint. Its entry point names the module of its checks, so that to find it imports nothing."""
