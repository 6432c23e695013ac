/* galley completion: a shell's help with galley's command lines.
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "cli/command.h"

/* Options are asked of --help when they are wanted: they cannot be old. */
static const char bash_script[] =
  "# Ids of steps may hold anything: they are compared and quoted, never expanded.\n"
  "_galley_ids () {\n"
  "  local cur=$1 id quoted\n"
  "  while IFS= read -r id; do\n"
  "    printf -v quoted %q \"$id\"\n"
  "    if [[ $id == \"$cur\"* || $quoted == \"$cur\"* ]]; then COMPREPLY+=(\"$quoted\"); fi\n"
  "  done\n"
  "}\n"
  "_galley_past () {\n"
  "  local command=$1 cur=$2 word words=()\n"
  "  for word in \"${COMP_WORDS[@]:2:COMP_CWORD-2}\"; do [[ $word == -* ]] || words+=(\"$word\"); done\n"
  "  if [ ${#words[@]} = 0 ]; then\n"
  "    _galley_ids \"$cur\" < <(\"$galley\" runs 2>/dev/null | sed 's/ .*//')\n"
  "  fi\n"
  "  if [ \"$command\" = log ] && [ ${#words[@]} -le 1 ]; then\n"
  "    _galley_ids \"$cur\" < <(\"$galley\" log --list-steps \"${words[@]}\" 2>/dev/null)\n"
  "  fi\n"
  "}\n"
  "_galley_files () {\n"
  "  local cur=$1 ending\n"
  "  compopt -o filenames\n"
  "  for ending in \"${@:2}\"; do mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -X \"!*.$ending\" -- \"$cur\"); done\n"
  "  mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -d -- \"$cur\")\n"
  "}\n"
  "_galley () {\n"
  "  local galley=${COMP_WORDS[0]/#\\~/$HOME} cur=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]}\n"
  "  local before=${COMP_WORDS[COMP_CWORD-1]}\n"
  "  if [ \"$cur\" = = ]; then cur=; elif [ \"$before\" = = ]; then before=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
  "  COMPREPLY=()\n"
  "  if [ \"$command\" = plugin ]; then command=\"plugin ${COMP_WORDS[2]}\"; fi\n"
  "  if [ \"$COMP_CWORD\" = 1 ]; then\n"
  "    COMPREPLY=($(compgen -W \"$(\"$galley\" --help | sed -n '/^Commands:/,/^$/s/^  \\([a-z]*\\) .*/\\1/p' | sort -u) --help --version\" -- \"$cur\"))\n"
  "  elif [ \"$COMP_CWORD\" = 2 ] && [ \"${COMP_WORDS[1]}\" = plugin ]; then\n"
  "    COMPREPLY=($(compgen -W 'list show' -- \"$cur\"))\n"
  "  elif [[ $before == --@(record|replay) ]]; then\n"
  "    _galley_files \"$cur\" jsonl\n"
  "  elif [[ $before == --@(vars|events|transcript|plugin-dir) ]]; then\n"
  "    compopt -o filenames\n"
  "    mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
  "  elif [[ ${COMP_WORDS[COMP_CWORD-1]} =~ ^--(record|replay|events|transcript|vars)$ ]]; then\n"
  "    compopt -o filenames\n"
  "    COMPREPLY=($(compgen -f -- \"$cur\"))\n"
  "  elif [[ $cur == -* ]]; then\n"
  "    COMPREPLY=($(compgen -W \"$(\"$galley\" $command --help 2>/dev/null | grep -oE -- '--[a-z-]+')\" -- \"$cur\"))\n"
  "  elif [ \"$command\" = 'plugin show' ]; then\n"
  "    COMPREPLY=($(compgen -W \"$(\"$galley\" plugin list 2>/dev/null | sed 's/ .*//')\" -- \"$cur\"))\n"
  "  elif [ \"$command\" = log ] || [ \"$command\" = why ] || [ \"$command\" = resume ]; then\n"
  "    _galley_past \"$command\" \"$cur\"\n"
  "  elif [ \"$command\" = runs ]; then\n"
  "    :\n"
  "  elif [ \"$command\" = completion ]; then\n"
  "    COMPREPLY=($(compgen -W bash -- \"$cur\"))\n"
  "  else\n"
  "    _galley_files \"$cur\" yaml yml\n"
  "  fi\n"
  "}\n"
  "complete -F _galley galley\n";

int
command_completion (const Program *program, const char *name, int argc, char **argv)
{
  int code;

  (void) program;
  if (!command_parse (name, NULL, NULL, &argc, &argv, &code))
    return code;
  if (argc != 2 || strcmp (argv[1], "bash") != 0)
    return command_usage (name, "for which shell? there is: bash");
  command_print ("%s", bash_script);
  return EXIT_OK;
}
