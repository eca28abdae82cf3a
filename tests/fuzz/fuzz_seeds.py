"""Valid files of each kind, small: what the changed ones are made from."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import shutil
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
import yaml
from annotation_files import aligned, dependent, media, tier, write_eaf
from archive_files import FILES, add, make_tar, make_zip
from cases import Case, read_folder
from hostile_folders import LOADERS, save_folder
from hostile_videos import write_video
from model_folders import mbart_folder, mt5_folder
from score_files import score_file

ROOT = Path(__file__).resolve().parents[2]
SPLITS = ("train", "dev", "test")
SENTENCES = ["am montag regnet es", "im norden scheint die sonne", "2½ grad ; ja , gut"]
CLIPS = (("a", "train"), ("b", "dev"), ("c", "test"))
CONFIG = """
datasets:
  avatar: {adapter: avatar, language: de, stages: &small {sample_frames: {height: 256, width: 256}}}
  mine: {base: avatar, adapter: table, language: en, stages: *small}
experiments:
  a: {method: fla_llm, seed: 2, stages: {finetune_llm: {dropout: 0.2, training: {epochs: 3}}}}
  b: {base: a, stages: {visual_init: {light_t: {layers: 1, heads: 2, width: 96}}}}
comparisons: {both: [a, b]}
tables: {fla_llm_4: {rows: {joint: [a, b]}}}
targets: [results/avatar/a.bleu]
report: [results/avatar/comparisons/both/compare.html]
"""


def tables(folder: Path) -> list[Case]:
    lines = [f"{name}.mp4,Hello ,{split},HELLO,anna,{name},25" for name, split in CLIPS]
    whole = "\n".join(["path,text,split,gloss,signer,id,fps", *lines, ""])
    part = 'path;text;split\n"x/a.mp4#t=0,1.5";"He said ""no"".";train\ny.mp4;c;val\nz;b;test\n'
    clips = [whole, whole.replace(",", "\t"), part, "\ufeff" + whole.replace("\n", "\r\n")]
    row = 'a\tx/a.mp4\t12\t25.0\ts1\tHello.\tHELLO\ten\t["Hi."]\n'
    manifest = "id\tvideo\tframes\tfps\tsigner\ttext\tgloss\tlanguage\tphrasings\n" + row
    head = "id\tsigner\treference\thypothesis\tbleu\tchrf\trouge_l\twords\tunseen_words\tin_train\n"
    found = [{"clips.csv": text.encode()} for text in clips]
    found.append({"manifest.tsv": manifest.encode()})
    found.append({"sentences.tsv": (head + "a\ts1\tx y\tx z\t1.5\t50\t25.0\t2\t1\t0\n").encode()})
    found.append({"left_out.tsv": b"split\tid\tvideo\treason\ntrain\ta\tx.mp4\tcut\n"})
    hypotheses = "run\tid\tvideo\tscore\thypothesis\n0\ta\ta\t-0.5\tx\n0\tb\tb\t-1\t\n"
    glosses = "id\tgloss\na\tREGEN NORD\nb\t\n"
    tables = {"hypotheses.tsv": hypotheses, "recognised.tsv": glosses}
    return [*found, *({name: text.encode()} for name, text in tables.items())]


def annotations(folder: Path) -> list[Case]:
    phoenix: Case = {}
    how2sign: Case = {}
    for split, other in zip(SPLITS, ("train", "val", "test"), strict=True):
        text = "name|video|start|end|speaker|orth|translation\n"
        text += f"{split}-1|{split}-1/1/*.png|-1|-1|Signer04|MORGEN REGEN|morgen regnet es\n"
        text += f'{split}-2|{split}-2/1/*.png|-1|-1|Signer05||"so das war das wetter\n'
        phoenix[f"phoenix/annotations/manual/PHOENIX-2014-T.{split}.corpus.csv"] = text.encode()
        for name, times in (("realigned_", "START_REALIGNED\tEND_REALIGNED"), ("", "START\tEND")):
            text = f"VIDEO_ID\tVIDEO_NAME\tSENTENCE_ID\tSENTENCE_NAME\t{times}\tSENTENCE\n"
            text += f"-abc\t-abc-5-rgb_front\t-abc_10\t{other}_10-5-rgb_front\t12.30\t15.61\t"
            text += '"And I ""call"" them."\n'
            how2sign[f"how2sign/how2sign_{name}{other}.csv"] = text.encode()
    csl_daily = (_csl_daily(protocol) for protocol in (0, 2, 4))
    shared = (_shared("phoenix", 2), _shared("phoenix", 5), _shared("csl_daily", 4))
    return [phoenix, how2sign, *csl_daily, *shared, _wlasl(), _kinetics(), *_imported(folder)]


def _wlasl() -> Case:
    instances = [
        {"bbox": [16, 8, 48, 40], "fps": 25, "frame_end": -1, "frame_start": 1, "instance_id": n,
         "signer_id": 118, "source": "x", "split": split, "url": "http://x.example/a.mp4",
         "variation_id": 0, "video_id": f"6924{n}"}
        for n, split in enumerate(("train", "train", "val", "test"))
    ]  # fmt: skip
    entries = [{"gloss": "good  morning", "instances": instances}]
    return {"wlasl/WLASL_v0.3.json": json.dumps(entries).encode()}


def _kinetics() -> Case:
    found = {}
    for n, split in enumerate(("train", "validate", "test")):
        text = "label,youtube_id,time_start,time_end,split\n"
        text += f"opening bottle (not wine),-a{n}_xyzabcd,5,15,{split}\n"
        found[f"kinetics/{split}.csv"] = text.encode()
    return found


def _shared(adapter: str, protocol: int) -> Case:
    """A pickle for each split, as repositories share them."""
    found = {}
    for split in SPLITS:
        about: Any = {"name": f"{split}/{split}1", "signer": "S4", "gloss": "REGEN", "text": "ja"}
        about["sign"] = torch.zeros(2, 3) if protocol % 2 else np.zeros((2, 3), np.float32)
        content: Any = [about]
        if protocol == 4:
            content = {about["name"]: about | {"length": 3, "imgs_path": ["1.png"], "text": "雨"}}
        data = pickle.dumps(content, protocol)
        found[f"{adapter}/labels.{split}"] = gzip.compress(data) if protocol > 2 else data
    return found


def _imported(folder: Path) -> list[Case]:
    texts = [aligned("a1", "ts1", "ts2", "one"), aligned("a2", "ts3", "ts4", "two")]
    notes = [dependent("a3", "a2", "first"), dependent("a4", "a2", "second", "a3")]
    slots = {"ts1": 0, "ts2": 1000, "ts5": None, "ts3": 1000, "ts4": 4001}
    tiers = [tier("Text", *texts, PARTICIPANT="Anna"), tier("Signs", *notes, PARENT_REF="Text")]
    write_eaf(folder / "a.eaf", slots, tiers, [media("a.mp4", TIME_ORIGIN=500)])
    cues = "1\n00:00:01,000 --> 00:00:02,500\nOne\n\n2\n00:01:02,003 --> 01:00:04,000\nTwo\nlines\n"
    (folder / "a.srt").write_text(cues, encoding="utf-8")
    vtt = "WEBVTT - title\n\nNOTE no\n\nSTYLE\n::cue {}\n\nid\n00:01.000 --> 00:02.500 line:0\n"
    (folder / "a.vtt").write_text(f"{vtt}<v Anna>One <b>two</b>\n", encoding="utf-8")
    clock = "00:00:00.780\t0.78\t00:00:01.340\t1.34\t00:00:00.560\t0.56"
    rows = f"Text\tAnna\t{clock}\tso you\nSigns\tAnna\t{clock}\tGO\n"
    (folder / "a.txt").write_text(rows, encoding="utf-8")
    clips = b"path,text,split,gloss,signer,id\nb.mp4,Hello,train,,,b\n"
    found = read_folder(folder).items()
    beside = {"imported/clips.csv": clips, "imported/a.mp4": b""}
    return [{f"imported/{name}": data, **beside} for name, data in found]


def _csl_daily(protocol: int) -> Case:
    info = [
        {"name": f"S00000{n}_P0000_T00", "length": 3, "label_gloss": ["今天", "天气"], "signer": n,
         "label_char": list("今天天气"), "label_word": ["今天"], "label_postag": ["t"], "time": 1}
        for n in range(3)
    ]  # fmt: skip
    content = {"info": info, "gloss_map": {"今天": 0}, "char_map": {"今": 0}}
    splits = "name|split\n" + "".join(f"S00000{n}_P0000_T00|{SPLITS[n]}\n" for n in range(3))
    return {
        "csl_daily/sentence_label/csl2020ct_v2.pkl": pickle.dumps(content, protocol),
        "csl_daily/sentence_label/split_1.txt": splits.encode(),
    }


def pickles(folder: Path) -> list[Case]:
    content: Any = {
        "info": [{"name": "a", "n": [1, -2, 2**40, 1.5, None, True], "t": (1, ("b",), "天")}],
        7: {"s": {1, 2, "x"}, "f": frozenset(["y"]), "k": [], "long": 10**30},
    }
    shared = ["a"] * 3
    content["shared"] = [shared, shared, {"again": shared}]
    found = [{"data.pkl": pickle.dumps(content, protocol)} for protocol in range(6)]
    features = [{"name": "a", "sign": torch.zeros(2, 3), "more": np.zeros((40, 500))}]
    for protocol in (2, 4):
        data = pickle.dumps(features, protocol)
        found += [{"labels.gz": gzip.compress(data)}, {"labels.gz": data}]
    tensors = {"a": torch.zeros(2, 3), "b.c": torch.ones(4).half(), "n": torch.tensor(5)}
    tensors["tied"] = tensors["a"]
    tensors["view"] = tensors["b.c"][1:]
    for new in (True, False):
        file = io.BytesIO()
        torch.save(tensors, file, _use_new_zipfile_serialization=new)
        found.append({"weights.bin": file.getvalue()})
    return found


def archives(folder: Path) -> list[Case]:
    files = {name: content[:600] for name, content in FILES.items()}
    for packing in ("", "gz", "bz2", "xz"):
        make_tar(folder / f"corpus.tar{'.' * bool(packing)}{packing}", packing, files)
    make_zip(folder / "corpus.zip", files)
    with tarfile.open(folder / "links.tar", "w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in files.items():
            add(tar, f"{name}ü{'x' * 120}", content)
        add(tar, "corpus/again", linkname=f"corpus/annotations/train.csvü{'x' * 120}", type=b"1")
        add(tar, "corpus/link", linkname="frames/two", type=tarfile.SYMTYPE)
        add(tar, "corpus/empty", type=tarfile.DIRTYPE)
    with tarfile.open(folder / "long.tar", "w", format=tarfile.GNU_FORMAT) as tar:
        add(tar, "corpus/" + "y" * 150, b"content")
        add(tar, "corpus/link", linkname="y" * 150, type=tarfile.SYMTYPE)
    with zipfile.ZipFile(folder / "kinds.zip", "w") as archive:
        for number, method in enumerate((0, 8, 12)):
            archive.writestr(f"corpus/{number}.txt", b"content" * 30, method)
        archive.writestr("corpus/folder/", b"")
    return [{name: data} for name, data in read_folder(folder).items()]


def videos(folder: Path) -> list[Case]:
    kinds = {
        "mp4": ("libx264", None, {}), "whole.mp4": ("libx264", "mp4", {"movflags": "faststart"}),
        "fragments.mp4": ("libx264", "mp4", {"movflags": "frag_keyframe+empty_moov"}),
        "mov": ("mpeg4", None, {}), "mkv": ("libx264", None, {}), "webm": ("libvpx", None, {}),
        "avi": ("mpeg4", None, {}), "gif": ("gif", None, {}), "ts": ("mpeg2video", None, {}),
        "ogv": ("libvpx", "ogg", {}), "h264": ("libx264", None, {}), "mjpeg": ("mjpeg", None, {}),
        "mpg": ("mpeg2video", None, {}), "flv": ("flv1", None, {}), "wmv": ("wmv2", None, {}),
    }  # fmt: skip
    for suffix, (codec, form, options) in kinds.items():
        write_video(folder / f"clip.{suffix}", 12, codec, form, **options)
    return [{name: data} for name, data in read_folder(folder).items()]


def images(folder: Path) -> list[Case]:
    noise = np.random.default_rng(0).integers(0, 256, (12, 16, 3), np.uint8)
    progressive = [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]
    pictures = {kind: cv2.imencode(kind, noise)[1].tobytes() for kind in (".png", ".jpg", ".bmp")}
    pictures[".webp"] = cv2.imencode(".webp", noise)[1].tobytes()
    found = [
        {
            f"clip/{number:06d}{kind if kind in ('.png', '.jpg') else '.png'}": data
            for number in (1, 2, 3)
        }
        for kind, data in pictures.items()
    ]
    several = cv2.imencode(".jpg", noise, progressive)[1].tobytes()
    lossy = cv2.imencode(".webp", noise, [cv2.IMWRITE_WEBP_QUALITY, 50])[1].tobytes()
    found.append({"clip/frame_0.jpg": several, "clip/frame_1.jpg": pictures[".jpg"]})
    found.append({"clip/0.png": lossy, "clip/1.png": lossy, "clip/notes.txt": b"about"})
    return found


def models(folder: Path, translator: Any, tokenizer: Any) -> list[Case]:
    """`translator`, `tokenizer`: small ones, in the library's classes."""
    sentences = [f"{one} {two}" for one in SENTENCES for two in SENTENCES] * 6
    published = mbart_folder(folder / "mbart", sentences, 60)
    mt5_folder(folder / "mt5", sentences, 400)
    found = []
    for kind in LOADERS:
        place = folder / kind.replace(" ", "_")
        save_folder(kind, place, published, translator, tokenizer)
        if kind == "translator":
            tokenizer.save_pretrained(place)
        found.append({f"{place.name}/{name}": data for name, data in read_folder(place).items()})
    shutil.rmtree(folder / "language_model")
    for name in ("mbart", "mt5"):
        files = read_folder(folder / name)
        found.append({f"published/{path}": data for path, data in files.items()})
        found.append({f"fetched/{path}": data for path, data in files.items()})
        kept = {path: data for path, data in files.items() if not path.endswith(".safetensors")}
        found.append({f"tokenizer/{path}": data for path, data in kept.items()})
    weights = io.BytesIO()
    torch.save({"a": torch.zeros(3)}, weights)
    files = {"config.json": b'{"model_type": "mbart"}', "pytorch_model.bin": weights.getvalue()}
    return [*found, {f"fetched/{name}": data for name, data in files.items()}]


def scores(folder: Path) -> list[Case]:
    path = score_file(folder / "a.bleu")
    values = json.loads(path.read_text(encoding="utf-8"))
    example = {"id": "x", "signer": "s", "reference": "a b", "hypothesis": "a", "more": 1}
    group = values["scores"]["all"] | {
        "cap_bleu4": 50.0, "share_of_cap": 0.5, "wer": 60.0, "bleu4_range": [1.0, 2.0],
    }  # fmt: skip
    more = {
        "examples": [example],
        "control": "videos permuted",
        "runs": 20,
        "seed": {"a": 1, "b": 2},
    }
    more["scores"] = {"all": group, "unseen_signers": group}
    part = {
        "started": "2026-01-02T03:04:05+00:00",
        "seconds": 1.5,
        "peak_memory": 2,
        "ended": "done",
    }
    file = {"path": "results/avatar/x/y.tsv", "bytes": 3, "sha256": "0" * 64}
    provenance = {
        "stage": "score", "data_set": "avatar", "experiment": "a", "settings": {"x": [1]},
        "code": "abc", "seed": 1, "inputs": [file], "outputs": [file | {"path": "results/a.bleu"}],
        "versions": {"python": "3.11"}, "device": "cpu", "threads": 2, "peak_gpu_memory": None,
        "started": part["started"], "seconds": 1.5, "peak_memory": 2, "parts": [part],
    }  # fmt: skip
    cases = {"a.bleu": values, "b.bleu": values | more, "score.provenance.json": provenance}
    found = [{name: json.dumps(each).encode()} for name, each in cases.items()]
    return [*found, {"a.bleu": found[0]["a.bleu"], "b.bleu": found[1]["b.bleu"]}]


def configurations(folder: Path) -> list[Case]:
    values = yaml.safe_load(CONFIG)
    parts = [{key: values[key] for key in ("datasets", "experiments", each)} for each in values]
    settings = {"training": {"epochs": 2, "learning_rate": 0.1}, "light_t": {"layers": 1}}
    asked = {"experiments": "{a: {method: fla_llm}}", "datasets": values["datasets"]}
    return [
        {"config.yaml": CONFIG.encode()},
        *({"config.yaml": yaml.safe_dump(each).encode()} for each in parts),
        {"settings.json": json.dumps(settings).encode()},
        {"asked.json": json.dumps(asked).encode()},
    ]
