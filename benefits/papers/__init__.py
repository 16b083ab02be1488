"""The custody register: which papers came, where each is, who gave it to whom, and how it ended.

``moving`` is the only code that moves a paper or a box; what it may not do, the database refuses as well
(migration 0011), and where a paper is follows from its movements alone.
"""
