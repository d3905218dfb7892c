"""What is exported: the graph as files that others read, each format in a file of its own."""
