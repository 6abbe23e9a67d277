"""What is particular to each kind of model server."""
