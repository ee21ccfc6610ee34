"""The shipped measures, one module a family; every module of this folder is imported and registers its measures."""
