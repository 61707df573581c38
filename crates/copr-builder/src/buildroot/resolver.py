# The package manager as a process that stays: what takes it longest is to begin. Each question is answered by a copy of this
# process, which reads what foreign repositories say and ends; nothing of theirs is ever read here.
#
# A question is one line of JSON over /exchange/socket: its directory, the commands to run there one after the other, and the
# repositories whose kept metadata do not count. All output goes to standard output; the line that ends an answer begins with the
# question's mark. Downloads are kept below /cache, and get a second name in /cache/.out.
import glob
import json
import os
import shutil
import socket
import sys
import traceback

home = "/tmp/home"
os.makedirs(home, exist_ok=True)
os.environ["HOME"] = home
with open(home + "/.rpmmacros", "w") as macros:
    macros.write("%_dbpath /var/lib/rpm\n")

import dnf
import dnf.cli.cli
import dnf.cli.main
import dnf.cli.option_parser
import dnf.module.module_base
import hawkey
import libdnf
import rpm

OUT = "/cache/.out"


def prepare(question):
    """The place that is taken for the root: a database that belongs to us, since keys are imported into it."""
    database = question["directory"] + "/installroot/var/lib/rpm"
    os.makedirs(database)
    for kept in glob.glob(question["directory"] + "/rpmdb/*"):
        shutil.copy(kept, database)
    shutil.rmtree(OUT, ignore_errors=True)
    os.makedirs(OUT)
    # dnf takes metadata of age 0 for fresh even with metadata_expire=0 (libdnf: expired when older than that, in whole
    # seconds), and so would not see what was published within the second. Old files it asks about.
    for repo in question["ask_again"]:
        for kept in glob.glob("/cache/" + glob.escape(repo) + "-*"):
            for path, directories, files in os.walk(kept):
                directories[:] = [name for name in directories if name != "packages"]
                for name in files:
                    os.utime(os.path.join(path, name), (1, 1))


def hand_over(path):
    """A second name for a package that was downloaded and compared with its digest."""
    target = os.path.join(OUT, os.path.basename(path))
    try:
        os.link(path, target)
        os.utime(path)
    except OSError:
        # It lies in a repository of this machine.
        shutil.copyfile(path, target)


def run(arguments):
    """One run of the package manager; the code that it would exit with."""
    download = dnf.Base.download_packages

    def and_hand_over(self, packages, *rest, **named):
        download(self, packages, *rest, **named)
        with open(OUT + "/.locations", "w") as locations:
            for package in packages:
                hand_over(package.localPkg())
                address = package.remote_location(schemes=("https", "http", "ftp", "file")) or ""
                name = "%s-%s-%s.%s" % (package.name, package.version, package.release, package.arch)
                locations.write(json.dumps([name, address]) + "\n")

    dnf.Base.download_packages = and_hand_over
    return dnf.cli.main.user_main(arguments, exit_code=False)


def answer(question):
    steps = [lambda: prepare(question)]
    steps += [lambda arguments=arguments: run(arguments) for arguments in question["commands"]]
    for step in steps:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                code = step() or 0
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 1
            except BaseException:
                traceback.print_exc()
            finally:
                try:
                    sys.stdout.flush()
                    sys.stderr.flush()
                finally:
                    os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code != 0:
            return code
    return 0


def say(line):
    os.write(1, (line + "\n").encode())


listener = socket.socket(socket.AF_UNIX)
listener.bind("/exchange/socket")
listener.listen()
say("\x1fready")
while True:
    connection, _ = listener.accept()
    with connection, connection.makefile() as lines:
        line = lines.readline()
    question = json.loads(line)
    say("\n\x1f%s %d" % (question["mark"], answer(question)))
