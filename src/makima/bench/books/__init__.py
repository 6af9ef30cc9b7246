"""`makima bench book`: a long book, killed on its way, against the pace of its engine alone."""
