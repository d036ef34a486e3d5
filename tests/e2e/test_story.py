"""The story of a transfer through all services: it ends in time; whoever is killed meanwhile, nothing is lost and nothing done twice."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from stack.installation import ROOT
from tests.e2e.platform import Platform, eventually

ROUNDS = int(os.environ.get("LIENTHONG_STORY_ROUNDS", "3"))
SECONDS = {"sandbox": 5.0, "full": 15.0}
VICTIMS = [f"{name}-{part}" for name in ("registry", "egov", "insight", "assets", "learning") for part in ("api", "worker")] + ["envoy"]


def test_the_story_ends_well_and_can_be_told_again(platform: Platform) -> None:
    for _ in range(2):
        done = platform.command("story", "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        told = json.loads(done.stdout)
        assert told["complete"] is True
        assert len(told["steps"]) == 12


@pytest.mark.faults
def test_a_story_survives_the_death_of_any_process(platform: Platform) -> None:
    dice = random.Random(platform.installation.profile.value)
    with platform.client(platform.token("admin")) as admin:
        before = admin.get("/insight/v1/freshness").json()["counts"]["learners"]
    for _ in range(ROUNDS):
        command = [sys.executable, "-m", "stack", "story", "--json", "--data", str(platform.installation.folder)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as story:
            time.sleep(dice.uniform(0.2, SECONDS[platform.installation.profile.value] / 2))
            victim = dice.choice(VICTIMS)
            os.kill(platform.process(victim)["pid"], signal.SIGKILL)
            told, _ = story.communicate(timeout=180)
        eventually(lambda: platform.command("status").returncode == 0, 120)
        if story.returncode != 0:  # cut off: the next telling goes on from the open dossier
            again = platform.command("story", "--json")
            assert again.returncode == 0, f"{victim}: {told}\n{again.stdout}"
    with platform.client(platform.token("admin")) as admin:
        assert admin.get("/insight/v1/freshness").json()["counts"]["learners"] == before
    assert platform.command("world", "verify", "--json").returncode == 0
    letters = platform.command("events", "dead-letters", "--json")
    assert (letters.returncode, json.loads(letters.stdout)) == (0, []), letters.stdout
