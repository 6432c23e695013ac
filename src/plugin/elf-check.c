/* dlopen(3) runs constructors before anything of a file can be looked at,
 * dies of SIGBUS on a truncated file and waits for ever on a FIFO.  So the
 * opened file is checked first, and the same descriptor is loaded.
 * SPDX-License-Identifier: MIT */
#include "plugin/elf-check.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/galley-plugin.h"
#include "base/errors.h"

typedef struct { const char *bytes; gsize size; } Image;

static gboolean
refuse (GError **error, const char *path, const char *why)
{
  g_set_error (error, GALLEY_ERROR, GALLEY_ERROR_PRECONDITION, "plugin \"%s\": %s", path, why);
  return FALSE;
}

static gboolean
check_file (const char *path, const struct stat *st, GError **error)
{
  if (!S_ISREG (st->st_mode))
    return refuse (error, path, "is not a regular file");
  if (st->st_uid != 0 && st->st_uid != geteuid ())
    return refuse (error, path, "belongs to another user");
  if (st->st_mode & (S_IWGRP | S_IWOTH))
    return refuse (error, path, "can be written by others (chmod go-w)");
  if (st->st_size < (off_t) sizeof (Elf64_Ehdr))
    return refuse (error, path, "is too short to be a shared object");
  return TRUE;
}

static gboolean
inside (const Image *image, guint64 offset, guint64 len)
{
  return offset <= image->size && len <= image->size - offset;
}

static gboolean
check_header (const Image *image, const Elf64_Ehdr *header)
{
  return memcmp (header->e_ident, ELFMAG, SELFMAG) == 0
         && header->e_ident[EI_CLASS] == ELFCLASS64
         && header->e_type == ET_DYN
         && header->e_phentsize == sizeof (Elf64_Phdr)
         && inside (image, header->e_phoff, (guint64) header->e_phnum * sizeof (Elf64_Phdr))
         && (header->e_shoff == 0
             || inside (image, header->e_shoff, (guint64) header->e_shnum * header->e_shentsize));
}

/* The interface version, if this segment of notes has ours. */
static guint32
find_note (const Image *image, const Elf64_Phdr *segment)
{
  guint64 at = segment->p_offset, end = segment->p_offset + segment->p_filesz;

  while (at + sizeof (Elf64_Nhdr) <= end)
    {
      Elf64_Nhdr note;
      guint64 name = at + sizeof note, desc;

      memcpy (&note, image->bytes + at, sizeof note);
      desc = name + ((guint64) note.n_namesz + 3) / 4 * 4;
      at = desc + ((guint64) note.n_descsz + 3) / 4 * 4;
      if (at > end)
        return 0;
      if (note.n_namesz == 7 && note.n_descsz == 4 && memcmp (image->bytes + name, "galley", 7) == 0)
        {
          guint32 api;

          memcpy (&api, image->bytes + desc, sizeof api);
          return api;
        }
    }
  return 0;
}

static gboolean
check_image (const char *path, const Image *image, guint32 *api, GError **error)
{
  Elf64_Ehdr header;

  memcpy (&header, image->bytes, sizeof header);
  if (!check_header (image, &header))
    return refuse (error, path, "is not a whole 64-bit shared object");
  for (guint i = 0; i < header.e_phnum; i++)
    {
      Elf64_Phdr segment;

      memcpy (&segment, image->bytes + header.e_phoff + i * sizeof segment, sizeof segment);
      if (!inside (image, segment.p_offset, segment.p_filesz))
        return refuse (error, path, "is cut short");
      if (segment.p_type == PT_NOTE && *api == 0)
        *api = find_note (image, &segment);
    }
  return TRUE;
}

static gboolean
check_open_file (const char *path, int fd, guint32 *api, GError **error)
{
  struct stat st;
  Image image;
  gboolean ok;

  if (fstat (fd, &st) < 0)
    return refuse (error, path, g_strerror (errno));
  if (!check_file (path, &st, error))
    return FALSE;
  image.size = (gsize) st.st_size;
  image.bytes = mmap (NULL, image.size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (image.bytes == MAP_FAILED)
    return refuse (error, path, g_strerror (errno));
  ok = check_image (path, &image, api, error);
  munmap ((void *) image.bytes, image.size);
  return ok;
}

int
elf_check_open (const char *path, guint32 *api, GError **error)
{
  /* O_NONBLOCK: a FIFO must not hold us up. */
  int fd = open (path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

  *api = 0;
  if (fd < 0)
    {
      refuse (error, path, errno == ELOOP ? "is a symbolic link" : g_strerror (errno));
      return -1;
    }
  if (check_open_file (path, fd, api, error))
    return fd;
  close (fd);
  return -1;
}
