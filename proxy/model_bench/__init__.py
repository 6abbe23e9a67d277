"""`ringfence models bench`: how fast a model server answers, as an application sees it through Ringfence."""
