"""Pages of certificates, of class hours, and of the training archive."""
