"""Books and other long texts: files in, chapters of paragraphs out."""
