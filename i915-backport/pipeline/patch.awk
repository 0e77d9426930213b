# SPDX-License-Identifier: GPL-2.0-only
#
# patch - of one patch of a series the unified diffs, and nothing else that patch(1) or 'git am' could find in it, each after a
# line "touches FILE". What would get lost that way, or leads out of $PLACE, is refused: the line and the reason on stderr.
# The two folders' names in the headers may be any, as with patch -p1; with $STRIP, so many folders are taken off, or "ab". A name
# that begins with $PLACE needs none taken off. What comes out is for -p1.

function refuse(why)
{
	refused = 1
	print "line " NR ": " why >"/dev/stderr"
	exit 1
}

# file(TEXT): the name in a header, without the folders that -p takes off; nothing for a file that is not there.
function file(text,   name, n)
{
	split(text, part, "\t")
	name = part[1]
	sub(/[ \r]+$/, "", name)
	if (name == "/dev/null")
		return ""
	if (name !~ /^[^\/"]+\/./)
		refuse("'" name "' is no name of a file below a folder")
	if (index(name, place) != 1 || ENVIRON["STRIP"] ~ /^[1-9]/)
		for (n = ENVIRON["STRIP"] ~ /^[0-9]$/ ? ENVIRON["STRIP"] : 1; n > 0; n--)
			if (!sub(/^[^\/]+\/+/, "", name))
				refuse("'" name "' has fewer folders than -p" ENVIRON["STRIP"] " takes off")
	vet(name)
	return part[2] ~ /^(1970-01-01|1969-12-31) / ? "" : name
}

function vet(name)
{
	if (name ~ /[^A-Za-z0-9._+~:@\/-]/ || ("/" name "/") ~ /\/(\.|\.\.)?\//)
		refuse("'" name "' is no plain name of a file")
	if (index(name, place) != 1)
		refuse("changes " name ", which is outside " ENVIRON["PLACE"] "; only the module can be replaced")
	last = name
}

# counts(TEXT): how many lines a side of a hunk has.
function counts(text,   n)
{
	n = split(text, part, ",")
	if (part[1] !~ /^[-+][0-9]+$/ || n > 2 || (n == 2 && part[2] !~ /^[0-9]+$/))
		refuse("a hunk's line numbers cannot be read")
	return n == 2 ? part[2] + 0 : 1
}

BEGIN {
	place = ENVIRON["PLACE"] "/"
	old = new = 0
}

# in a hunk
old > 0 || new > 0 {
	kind = substr($0, 1, 1)
	if (kind == "" || kind == " ") {
		old--
		new--
	} else if (kind == "-") {
		old--
	} else if (kind == "+") {
		new--
	} else if (kind != "\\") {
		refuse("a hunk ends before its lines do")
	}
	if (old < 0 || new < 0)
		refuse("a hunk has other lines than it says")
	print kind == "" ? " " : $0
	next
}

after_hunk && /^\\/ { print; next }

# the second line of a header
was {
	if (!/^\+\+\+ /) {
		was = ""
	} else {
		last = ""
		from = file(substr(was, 5))
		to = file(substr($0, 5))
		if (from == to ".orig")
			from = to # as quilt calls the old file with -p0
		if (from == "" && to == "")
			refuse("names no file")
		if (from != "" && to != "" && from != to)
			refuse("'" from "' becomes '" to "'; a file keeps its name")
		if (git != "" && git != last)
			refuse("'" git "' and '" last "' are to be one file")
		was = git = ""
		files++
		header = "touches " last "\n--- " (from == "" ? "/dev/null" : "a/" from) "\n+++ " (to == "" ? "/dev/null" : "b/" to)
		next
	}
}

/^@@ -/ {
	if (header == "" && !after_hunk)
		refuse("a hunk of no file")
	if (header != "")
		print header
	header = ""
	old = counts($2)
	new = counts($3)
	print
	after_hunk = 1
	next
}

header != "" { refuse("a file without a hunk") }

/^--- ./ { was = $0; after_hunk = 0; next }

/^-- ?$/ { after_hunk = 0; next }

after_hunk && /^[-+]/ { refuse("a hunk has more lines than it says") }

/^diff --git / {
	after_hunk = 0
	if (git != "")
		refuse("says nothing of what becomes of " git)
	if (NF != 4)
		refuse("a name with a blank, or in quotes")
	git = file($3)
	if (git != file($4))
		refuse("'" $3 "' becomes '" $4 "'; a file keeps its name")
	next
}

/^(rename|copy) (from|to) |^(dis)?similarity index / { if (git != "") refuse("a file that is renamed or copied") }
/^(old|new) mode / { if (git != "") refuse("a file's mode is changed") }
/^(new|deleted) file mode / { if (git != "" && $4 !~ /^100(644|755)$/) refuse("a link or the like is made or removed") }
/^index [0-9a-f]+\.\.[0-9a-f]+ / { if (git != "" && $3 !~ /^100(644|755)$/) refuse("a link or the like is changed") }
/^GIT binary patch|^Binary files .* differ/ { refuse("is binary") }
/^\*\*\*\*\*\*\*\*|^[ \t>]+@@ -[0-9]|^\+\+\+ |^[0-9]+(,[0-9]+)?[acdis][0-9,]*$/ { refuse("is no unified diff, or is one that is indented") }

END {
	if (!refused) {
		if (old > 0 || new > 0 || header != "")
			refuse("the patch is cut short")
		if (git != "")
			refuse("says nothing of what becomes of " git)
		if (!files)
			refuse("no unified diff is in it")
	}
	if (refused)
		exit 1
}
