# SPDX-License-Identifier: GPL-2.0-only
#
# junit - the suites' TAP, one file a suite, as the XML that CI systems read.
# Usage: awk -f junit.awk SUITE.tap...

function escaped(text)
{
	gsub(/&/, "\\&amp;", text)
	gsub(/</, "\\&lt;", text)
	gsub(/>/, "\\&gt;", text)
	gsub(/"/, "\\&quot;", text)
	gsub(/[\001-\010\013\014\016-\037]/, "", text)
	return text
}

# What is known of the last test is printed when the next one begins.
function end_test()
{
	if (name == "")
		return
	tests++
	body = body "    <testcase classname=\"" suite "\" name=\"" escaped(name) "\""
	if (failed)
		body = body "><failure>" escaped(said) "</failure></testcase>\n"
	else if (reason != "")
		body = body "><skipped message=\"" escaped(reason) "\"/></testcase>\n"
	else
		body = body "/>\n"
	failures += failed
	skipped += reason != ""
	name = ""
}

function end_suite()
{
	end_test()
	if (suite != "")
		printf "  <testsuite name=\"%s\" tests=\"%d\" failures=\"%d\" skipped=\"%d\">\n%s  </testsuite>\n",
			suite, tests, failures, skipped, body
	tests = failures = skipped = 0
	body = ""
}

BEGIN { print "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>" }

FNR == 1 {
	end_suite()
	suite = FILENAME
	sub(/.*\//, "", suite)
	sub(/\.tap$/, "", suite)
}

/^(not )?ok / {
	end_test()
	failed = /^not /
	name = $0
	sub(/^(not )?ok [0-9]* *-* */, "", name)
	reason = said = ""
	if (match(name, / # SKIP/)) {
		reason = substr(name, RSTART + 8)
		sub(/^ */, "", reason)
		reason = reason == "" ? "skipped" : reason
		name = substr(name, 1, RSTART - 1)
	}
	next
}

/^#/ { said = said substr($0, 3) "\n" }

END {
	end_suite()
	print "</testsuites>"
}
