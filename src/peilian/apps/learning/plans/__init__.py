"""Individual plans: proposed from training needs, agreed by the person and by who leads."""
