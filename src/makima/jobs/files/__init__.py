"""The files that come out of a job: the book, and what is said when."""
