"""What touches the world for the engines: files, the lake, packs."""
