"""The HTTP server of the sandbox: sockets, order of checks, tokens, rate limits and faults."""
