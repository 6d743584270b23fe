# What Doxygen makes of Markdown links that are meant for a file browser (see Doxyfile).
/^```/,/^```/b
# Code in a link's text would show its backticks.
s/\[`([^]`]*)`\]/[\1]/g
# A link to a folder or a source, which are no pages here, becomes its text.
s/\[([^]]+)\]\(([A-Za-z0-9_.-]+\/)*[A-Za-z0-9_-]+(\.(sh|cpp|hpp|1))?\/?\)/\1/g
