"""Text tables as tools and laboratories write them: one reader for all of them.

``content`` gives the text, ``layout`` says what lies where, ``rows`` proves it of every row, ``reading`` reads, and
``numbers`` reads numbers. What cannot be told for certain is one error of the file, with a remedy.
"""
