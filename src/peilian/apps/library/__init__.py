"""Library (知识库): everything authored, as immutable versions with one life cycle."""
