"""Result files as pages that people read: Markdown, HTML, pictures.  Nothing here measures."""
