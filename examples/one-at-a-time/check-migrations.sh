#!/bin/sh
# Passes when the version before this one can live with every migration: nothing that drops a column, changes its type, or
# adds one that must not be null and has no default.
#
#   check-migrations.sh FOLDER [BASE]
#
# With a commit as BASE, like origin/main, only the files that are new or changed since then are looked at; default all.
set -eu
folder=$1 base=${2:-all}
[ -d "$folder" ] || {
  echo "there is no folder $folder" >&2
  exit 1
}
if [ "$base" != all ]; then
  cd "$folder"
  # Each by itself: a commit that git does not know must not pass for one without migrations.
  changed=$(git diff --relative --name-only --diff-filter=d "$base" -- .)
  untracked=$(git ls-files --others --exclude-standard .)
  files=$(printf '%s\n%s\n' "$changed" "$untracked" | grep '\.sql$' || true)
else
  files=$(find "$folder" -name '*.sql' | sort)
fi
[ -n "$files" ] || {
  echo "no new migrations"
  exit 0
}
# One clause at a time: comments and texts are taken out, statements end at ; and clauses at a comma outside of brackets.
echo "$files" | tr '\n' '\0' | xargs -0 awk -v quote="'" '
  function judge(    text) {
    text = toupper(clause)
    gsub(/[ \t\r\n]+/, " ", text)
    if (text ~ /(^| )DROP COLUMN /) wrong("drops a column")
    else if (text ~ /(^| )ALTER (COLUMN )?[^ ]+ (SET DATA )?TYPE /) wrong("changes the type of a column")
    else if (text ~ /(^| )ADD COLUMN / && text ~ / NOT NULL/ && text !~ / DEFAULT /) wrong("adds a column that is NOT NULL without DEFAULT")
    clause = ""
    begins = 0
  }
  function wrong(what) {
    printf "%s:%d: %s: the version before this one breaks\n", file, begins, what
    bad = 1
  }
  function end() { if (clause ~ /[^ \n]/) judge() }
  FNR == 1 { end(); file = FILENAME; comment = 0; text = 0; depth = 0 }
  {
    line = $0 "\n"
    for (i = 1; i <= length(line); i++) {
      sign = substr(line, i, 1)
      two = substr(line, i, 2)
      if (comment) { if (two == "*/") { comment = 0; i++ } continue }
      if (text) { if (sign == quote) text = 0; continue }
      if (two == "--") break
      if (two == "/*") { comment = 1; i++; continue }
      if (sign == quote) { text = 1; clause = clause "x"; continue }
      if (sign == "(") depth++
      if (sign == ")") depth--
      if (sign == ";" || (sign == "," && depth == 0)) { judge(); if (sign == ";") depth = 0; continue }
      if (!begins && sign ~ /[^ \t\r\n]/) begins = FNR
      clause = clause sign
    }
    clause = clause " "
  }
  END { end(); if (!bad) print "every migration is additive"; exit bad }
' || exit 1
