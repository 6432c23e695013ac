/* galley completion: a shell's help with galley's command lines.
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "cli/command.h"

/* Options are asked of --help when they are wanted: they cannot be old. */
static const char bash_script[] =
  "_galley () {\n"
  "  local cur=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]}\n"
  "  COMPREPLY=()\n"
  "  if [ \"$command\" = plugin ]; then command=\"plugin ${COMP_WORDS[2]}\"; fi\n"
  "  if [ \"$COMP_CWORD\" = 1 ]; then\n"
  "    COMPREPLY=($(compgen -W \"$(galley --help | sed -n '/^Commands:/,/^$/s/^  \\([a-z]*\\) .*/\\1/p' | sort -u) --help --version\" -- \"$cur\"))\n"
  "  elif [ \"$COMP_CWORD\" = 2 ] && [ \"${COMP_WORDS[1]}\" = plugin ]; then\n"
  "    COMPREPLY=($(compgen -W 'list show' -- \"$cur\"))\n"
  "  elif [[ $cur == -* ]]; then\n"
  "    COMPREPLY=($(compgen -W \"$(galley $command --help 2>/dev/null | grep -oE -- '--[a-z-]+')\" -- \"$cur\"))\n"
  "  elif [ \"$command\" = 'plugin show' ]; then\n"
  "    COMPREPLY=($(compgen -W \"$(galley plugin list 2>/dev/null | sed 's/ .*//')\" -- \"$cur\"))\n"
  "  elif [ \"$command\" = completion ]; then\n"
  "    COMPREPLY=($(compgen -W bash -- \"$cur\"))\n"
  "  else\n"
  "    compopt -o filenames\n"
  "    COMPREPLY=($(compgen -f -X '!*.yaml' -- \"$cur\") $(compgen -f -X '!*.yml' -- \"$cur\") $(compgen -d -- \"$cur\"))\n"
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
