"""The commands of the tool, one file each: options and what they mean.

What takes time to import is imported when a command runs, so that help is there at once.
"""
