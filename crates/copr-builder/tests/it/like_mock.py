#!/usr/bin/python3
# Stands in for mock where there is none: takes the documented command line, reads the configuration as mock does (a program in
# Python around `config_opts`), builds with the machine's rpmbuild, and leaves mock's files and exit codes.
import argparse
import json
import os
import pathlib
import subprocess
import sys

options = argparse.ArgumentParser()
options.add_argument("-r", required=True)
options.add_argument("--resultdir", required=True)
options.add_argument("--uniqueext", required=True)
options.add_argument("--rebuild", required=True)
options.add_argument("--with", action="append", default=[], dest="on")
options.add_argument("--without", action="append", default=[], dest="off")
given = options.parse_args()

config_opts = {"macros": {}, "plugin_conf": {}}
exec(open(given.r).read(), {"config_opts": config_opts})
results = pathlib.Path(given.resultdir)
states = open(results / "state.log", "w")


def state(line):
    print("INFO: " + line, flush=True)
    states.write("2026-01-01 00:00:00,000 - " + line + "\n")
    states.flush()


def end(code):
    states.close()
    sys.exit(code)


(results / "seen.json").write_text(json.dumps(config_opts))
for name in ("chroots", "cache"):
    assert os.path.isdir(config_opts["basedir" if name == "chroots" else "cache_topdir"])
(results / "hw_info.log").write_text("CPU info of mock\n")
(results / "root.log").write_text("DEBUG util.py:461:  Installing\n")
state("Start: chroot init")
state("Finish: chroot init")
state("Start: build phase for " + os.path.basename(given.rebuild))
state("Start: build setup for " + os.path.basename(given.rebuild))
requires = subprocess.run(["rpm", "-qp", "--nosignature", "--requires", given.rebuild], capture_output=True, text=True).stdout
if "libgreet" in requires:
    with open(results / "root.log", "a") as log:
        log.write("DEBUG util.py:461:  No matching package to install: 'libgreet-devel >= 2.0'\n")
        log.write("DEBUG util.py:461:  Error: Some packages could not be found.\n")
    end(30)
state("Finish: build setup for x")
(results / "installed_pkgs.log").write_text("bash-5-1.x86_64 1 2 installed\n")
(results / "buildroot_lock.json").write_text(json.dumps({"version": "1.1.0", "buildroot": {"rpms": []}, "config": {}}))
state("Start: rpmbuild " + os.path.basename(given.rebuild))
top = config_opts["basedir"] + "/build"
command = ["rpmbuild", "--rebuild", "--nodeps", "--define", "_topdir " + top]
command += ["--define", "_srcrpmdir " + str(results), "--define", "_dbpath " + top + "/rpmdb"]
for name, value in config_opts["macros"].items():
    command += ["--define", name.lstrip("%") + " " + value]
for kind, values in (("--with", given.on), ("--without", given.off)):
    command += [kind + "=" + value for value in values]
command += [given.rebuild]
timeout = config_opts["rpmbuild_timeout"] or None
with open(results / "build.log", "wb") as log:
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=dict(os.environ, HOME=config_opts["basedir"]))
    try:
        if timeout and timeout < 10:
            child.wait(timeout)
        for line in child.stdout:
            log.write(line)
            log.flush()
            sys.stdout.buffer.write(line)
            sys.stdout.flush()
        code = child.wait()
    except subprocess.TimeoutExpired:
        child.kill()
        end(11)
if code != 0:
    end(10)
state("Finish: rpmbuild x")
for package in pathlib.Path(top, "RPMS").rglob("*.rpm"):
    package.rename(results / package.name)
os.link(given.rebuild, results / os.path.basename(given.rebuild))
end(0)
