"""F075: the power goes.  power-cut.py TRACE STATE RUN-FOLDER GALLEY

TRACE, by strace -f -y -xx, has what a run wrote and when it synced it; the
disk has of each file what it had at its last sync.  From each such moment on
the run is resumed; prints what is wrong, a line each, and at last how many
moments there were."""
import os
import re
import shutil
import subprocess
import sys

trace, state, run, galley = sys.argv[1:]
CALL = re.compile(r'(?:\d+ +)?(pwrite64|write|fdatasync|fsync|ftruncate)\(\d+<([^>]*)>(.*)\) += (-?\d+)')
UNLINK = re.compile(r'(?:\d+ +)?unlink\("([^"]*)"\) += 0')
STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


class File:
    def __init__(self):
        self.now, self.synced = bytearray(), None

    def write(self, data, offset):
        self.now.extend(bytes(max(0, offset - len(self.now))))
        self.now[offset:offset + len(data)] = data


def plain(path):
    return re.sub(r'\\x(..)', lambda hexa: chr(int(hexa[1], 16)), path)


def calls():
    """A line for each call, also of those that strace had to tell in two."""
    begun = {}
    for line in open(trace, encoding='ascii'):
        cut = re.match(r'(\d+) +(.*) <unfinished \.\.\.>$', line)
        rest = re.match(r'(\d+) +<\.\.\. \w+ resumed>(.*)$', line)
        if cut is not None:
            begun[cut[1]] = cut[2]
        elif rest is not None and rest[1] in begun:
            yield f'{rest[1]} {begun.pop(rest[1])}{rest[2]}'
        else:
            yield line


def moments():
    """(what the disk has, effects) after each effect and each sync."""
    files, effects = {}, ''
    for line in calls():
        gone = UNLINK.search(line)
        if gone is not None:
            files.pop(os.path.basename(plain(gone[1])), None)
        match = CALL.search(line)
        if match is None or int(match[4]) < 0:
            continue
        call, path, arguments = match[1], plain(match[2]), match[3]
        text = STRING.search(arguments)
        data = bytes.fromhex(text[1].replace('\\x', '')) if text else b''
        if path.endswith('/effects'):
            effects += data.decode()
        elif os.path.dirname(path) != run:
            continue
        else:
            file = files.setdefault(os.path.basename(path), File())
            if call == 'pwrite64':
                file.write(data, int(arguments.rsplit(',', 1)[1]))
                continue
            if call == 'ftruncate':
                del file.now[int(arguments.rsplit(',', 1)[1]):]
                continue
            if call == 'write':
                continue
            file.synced = bytes(file.now)
        yield {name: file.synced for name, file in files.items()}, \
            bytes(files['record.tally'].now) if 'record.tally' in files else b'', effects


def resume(disk, tally, effects):
    shutil.rmtree(state, ignore_errors=True)
    os.makedirs(run, 0o700)
    for name, data in disk.items():
        if data is not None and name != 'record.tally':
            with open(os.open(os.path.join(run, name), os.O_WRONLY | os.O_CREAT, 0o600), 'wb') as file:
                file.write(data)
    with open(os.path.join(run, 'record.tally'), 'wb') as file:
        file.write(tally)
    with open('effects', 'w', encoding='ascii') as file:
        file.write(effects)
    ended = subprocess.run([galley, 'resume'], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                           timeout=60, check=False)
    done = sorted(open('effects', encoding='ascii').read().split())
    if ended.returncode not in (0, 4, 5):
        return f'exit code {ended.returncode}: {ended.stderr.decode()}'
    if len(set(done)) != len(done):
        return f'done twice: {done}'
    if ended.returncode == 0 and done != ['a', 'b', 'c', 'd']:
        return f'not done: {done}'
    if ended.returncode == 5:
        return f'refused: {ended.stderr.decode()}'
    return None


count = 0
for disk, tally, effects in list(moments()):
    for kept in (tally, b''):
        problem = resume(disk, kept, effects)
        count += 1
        if problem is not None:
            print(f'{count}, effects {effects.split()}: {problem}')
print(count)
