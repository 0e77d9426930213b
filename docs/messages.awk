# SPDX-License-Identifier: GPL-2.0-only
#
# messages - the table of messages as a part of a document. After i915-backport/common/table.awk; form is markdown, or messages or
# statuses of the manual page.

# named(TEXT): with each {NAME} in capitals.
function named(text,   done) {
	while (match(text, /[{][a-z]+[}]/)) {
		done = done substr(text, 1, RSTART - 1) toupper(substr(text, RSTART + 1, RLENGTH - 2))
		text = substr(text, RSTART + RLENGTH)
	}
	return done text
}

# sentence(TEXT): with a capital and a full stop.
function sentence(text) {
	if (text ~ /^[a-z]+[ ,:]/)
		text = toupper(substr(text, 1, 1)) substr(text, 2)
	return text ~ /[.]$/ ? text : text "."
}

function roff(text) {
	gsub(/\\/, "\\e", text)
	gsub(/-/, "\\-", text)
	return text ~ /^[.']/ ? "\\\&" text : text
}

function cell(text) {
	gsub(/[|]/, "\\\\|", text)
	gsub(/</, "\\&lt;", text)
	return text
}

# heading(STATUS): of the messages with that exit status.
function heading(status) {
	return status in means ? "Exit status " status ": " means[status] : status == "any" ? "With any exit status" : "Warnings: the command goes on"
}

function first(status) {
	if (form == "markdown")
		return "\n## " heading(status) "\n\n| the line says | what it means | what to do |\n| --- | --- | --- |"
	return ".SS " roff(heading(status))
}

function row(text, next_step, cause) {
	if (form == "markdown")
		return "| `" cell(text) "` | " cell(cause) " | " sentence(cell(next_step)) " |"
	return ".TP\n\\fB" roff(text) "\\fR\n" roff(cause) "\n" roff(sentence(next_step))
}

function add(status) {
	if (!(status in part))
		part[status] = first(status)
}

field("exit") != "" {
	means[field("exit")] = field("means")
	exit_status[++exits] = field("exit")
	if (form == "statuses")
		print ".TP\n.B " field("exit") "\n" roff(sentence(field("means")))
}

field("id") != "" && form != "statuses" {
	add(field("status"))
	part[field("status")] = part[field("status")] "\n" row(named(field("text")), named(field("next")), field("cause"))
}

# In the order of the exit statuses, whatever the messages' own is; warnings come last.
END {
	for (i = 1; i <= exits; i++)
		if (exit_status[i] in part)
			print part[exit_status[i]]
	if ("any" in part)
		print part["any"]
	if ("warning" in part)
		print part["warning"]
}
