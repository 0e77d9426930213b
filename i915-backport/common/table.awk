# SPDX-License-Identifier: GPL-2.0-only
#
# table - the file 'messages', paragraph by paragraph, for the programs that read it.

BEGIN { RS = ""; FS = "\n" }

# field(NAME): of this paragraph; a line that begins with a blank goes on with the one before.
function field(name,   i, text, inside) {
	for (i = 1; i <= NF; i++) {
		if ($i !~ /^[ \t]/) {
			inside = index($i, name ": ") == 1
			if (inside)
				text = substr($i, length(name) + 3)
		} else if (inside) {
			sub(/^[ \t]+/, " ", $i)
			text = text $i
		}
	}
	return text
}
