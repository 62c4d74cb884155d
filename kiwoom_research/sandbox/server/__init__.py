"""The HTTP side of a sandbox: requests in, tokens and limits checked, replies or faults out."""
