"""The appraisal's pages, and what of it is filed on paper."""
