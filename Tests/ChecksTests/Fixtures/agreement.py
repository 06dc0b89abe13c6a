"""Scores of 500 random pairs of texts by the packages whose definitions docs/checks.md names, one JSON object a line."""
import json
import logging
import random
import re
import sys

from nltk.stem.porter import PorterStemmer
from nltk.translate.bleu_score import sentence_bleu
from nltk.translate.gleu_score import sentence_gleu
from nltk.translate.meteor_score import single_meteor_score
from rapidfuzz.distance import Levenshtein
from rouge_score import rouge_scorer
import sacrebleu

logging.disable(logging.WARNING)
seed = int(sys.argv[1])
draw = random.Random(seed)
STEMS = "run walk argue relate hope generous nation operate condition formal active happy probable care motor king".split()
ENDINGS = ["", "", "s", "ed", "ing", "ly", "ness", "ational", "ization", "iveness", "ies"]
PLAIN = "the a of to and is in it that on was he for as with his they at be this".split() + ["2026", "x1", "42"]


class NoSynonyms:
    """WordNet's data is a download of its own; without it METEOR matches words and stems."""

    def synsets(self, word):
        return []


class Stemmer:
    """Porter's paper, and as in his own program words of one or two letters are left alone."""

    porter = PorterStemmer(mode="ORIGINAL_ALGORITHM")

    def stem(self, word):
        return word if len(word) < 3 else self.porter.stem(word)


def word():
    text = draw.choice(PLAIN) if draw.random() < 0.5 else draw.choice(STEMS) + draw.choice(ENDINGS)
    return text.capitalize() if draw.random() < 0.1 else text


def sentence():
    words = [word() for _ in range(draw.randint(1, 40))]
    return " ".join(w + draw.choice(["", "", "", "", ",", ";", "."]) for w in words)


def changed(text):
    words = text.split(" ")
    for _ in range(draw.randint(0, 1 + len(words) // 2)):
        place = draw.randrange(len(words)) if words else 0
        kind = draw.random()
        if kind < 0.35 and len(words) > 1:
            del words[place]
        elif kind < 0.7:
            words.insert(place, word())
        elif words:
            other = draw.randrange(len(words))
            words[place], words[other] = words[other], words[place]
    return " ".join(words) or "empty"


def cut(text):
    return re.findall("[a-z0-9]+", text.lower())


def smoothed(fractions, **_):
    return [f if f.numerator > 0 else 1e-7 for f in fractions]


def units(text):
    raw = text.encode("utf-16-le")
    return [raw[i] | raw[i + 1] << 8 for i in range(0, len(raw), 2)]


rouge = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=False)
stemmer = Stemmer()
for _ in range(500):
    references = [sentence() for _ in range(draw.choice([1, 1, 2, 3]))]
    candidate = changed(references[0]) if draw.random() < 0.8 else sentence()
    first = references[0]
    scores = rouge.score(first, candidate)
    spaced = [r.lower().split() for r in references]
    own = candidate.lower().split()
    row = {
        "references": references,
        "candidate": candidate,
        "rouge-1": scores["rouge1"].fmeasure,
        "rouge-2": scores["rouge2"].fmeasure,
        "rouge-l": scores["rougeL"].fmeasure,
        "bleu": float(sentence_bleu(spaced, own, smoothing_function=smoothed)),
        "gleu": sentence_gleu(
            [[w.rstrip(".") or w for w in r] for r in spaced], [w.rstrip(".") or w for w in own]),
        "meteor": max(
            single_meteor_score(cut(r), cut(candidate), stemmer=stemmer, wordnet=NoSynonyms()) for r in references),
    }
    unsmoothed = sacrebleu.sentence_bleu(
        " ".join(own), [" ".join(r) for r in spaced], smooth_method="none", tokenize="none",
        use_effective_order=False)
    if all(c > 0 for c in unsmoothed.counts):
        row["sacrebleu"] = unsmoothed.score / 100
    # Texts of any script, which only edits are counted in.
    letters = "abcäöß你好😀e\u0301 "
    a = "".join(draw.choice(letters) for _ in range(draw.randint(0, 60)))
    b = list(a) if draw.random() < 0.7 else [draw.choice(letters) for _ in range(draw.randint(0, 60))]
    for _ in range(draw.randint(0, 8)):
        if b and draw.random() < 0.5:
            del b[draw.randrange(len(b))]
        else:
            b.insert(draw.randint(0, len(b)), draw.choice(letters))
    b = "".join(b)
    row["edits"] = [a, b, Levenshtein.distance(units(a), units(b))]
    print(json.dumps(row))
