"""What Chinese, Japanese and Korean write in ways of their own, a module for each."""
