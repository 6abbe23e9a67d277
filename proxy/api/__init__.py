"""The HTTP surface, one endpoint a file. A path that is not routed here does not exist: there is no pass-through."""
