"""What the commands do, a module each: imported once what was typed is read.

``--help`` and a wrong word wait for none of the libraries that these modules need.
"""
