"""The stage pretrain_prototypes on clips of colours, each colour a pseudo-gloss."""

import dataclasses

import pytest
import torch
from colour_clips import LINES, TRAINED, pretrain, write_corpus
from safetensors.torch import load_file
from tiny_sign2gpt import SIDE
from tiny_training import configure

from sign2text.data.augmentation import Augmentation
from sign2text.data.clips import EncodedClips
from sign2text.data.feature_store import FeatureStore
from sign2text.data.frame_store import FrameStore
from sign2text.data.strided_clips import StridedClips
from sign2text.ground.errors import InputError
from sign2text.ground.settings import read_settings
from sign2text.methods.sign2gpt.prototype_model import PrototypeModel
from sign2text.methods.sign2gpt.pseudo_gloss_f1 import DevF1
from sign2text.methods.sign2gpt.pseudo_gloss_targets import targets_of
from sign2text.methods.sign2gpt.stages import pretrain_prototypes as stage
from sign2text.models.trained_model import load_trained
from sign2text.stages import encode_frames, pretrain_frame_encoder, sample_frames
from sign2text.text.pseudo_glosses import PseudoGlossVocabulary, write_vectors
from sign2text.training.history import read_history


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return write_corpus(tmp_path_factory.mktemp("colours"))


@pytest.fixture(scope="module")
def pretrained(corpus):
    return pretrain(corpus, corpus / "pretrained")


def test_the_epoch_with_the_best_f1_on_dev_is_kept(corpus, pretrained):
    measured = read_history(pretrained / "history.tsv").dropna(subset="dev_macro_f1")
    assert measured["epoch"].tolist() == [1, 2]
    chosen = measured[measured["chosen"] == 1].iloc[0]
    assert chosen["dev_macro_f1"] == measured["dev_macro_f1"].max()
    model = load_trained(pretrained, PrototypeModel).eval()
    assert model.config.pseudo_glosses == ["blau", "gelb", "rot"]  # each three times
    clips = model.open_clips(
        FrameStore(corpus / "dev.tar"), ["dev-0", "dev-1"], [[2], [0, 1]], None
    )
    found = DevF1(clips, 0.5)(model)
    columns = [f"dev_{name}" for name in found]
    assert columns == ["dev_precision", "dev_recall", "dev_f1", "dev_macro_f1"]
    assert chosen[columns].tolist() == pytest.approx(list(found.values()), abs=1e-5)


def test_what_is_frozen_stays_and_prototypes_are_the_vectors(corpus, pretrained):
    found = load_file(pretrained / "model.safetensors")
    before = load_file(corpus / "encoder" / "model.safetensors")
    prefix = "backbone.frame_encoder."
    own = {name.removeprefix(prefix) for name in found if name.startswith(prefix)}
    assert own == {"scale", "shift"}  # buffers; the weights are a frozen part
    state = load_trained(pretrained, PrototypeModel).state_dict()
    assert all(torch.equal(state[prefix + name], value) for name, value in before.items())
    assert torch.equal(found["head.vectors"], load_file(corpus / "vectors.safetensors")["vectors"])
    assert found["head.known"].all() and found["head.gloss_temperature"] == torch.tensor(0.1)
    assert found["backbone.adapters.1.qkv.b.weight"].abs().max() > 0


@pytest.mark.long
def test_colours_are_found_and_the_same_again(corpus, tmp_path):
    settings = {"epochs": 60, "learning_rate": 0.01, "select_by": "f1"}
    one, same = (pretrain(corpus, corpus / name, **settings) for name in ("one", "same"))
    history = read_history(one / "history.tsv")
    assert history["dev_f1"].max() > 80
    assert (one / "model.safetensors").read_bytes() == (same / "model.safetensors").read_bytes()


def test_without_pretraining_no_pseudo_glosses_are_read(corpus, tmp_path):
    none = dict.fromkeys(("train_pseudo_glosses", "dev_pseudo_glosses", "vocabulary", "vectors"))
    folder = pretrain(corpus, corpus / tmp_path.name, epochs=0, files=none)
    model = load_trained(folder, PrototypeModel)
    assert model.head is None and not list(read_history(folder / "history.tsv")["epoch"])
    with pytest.raises(InputError, match="--train-pseudo-glosses: missing"):
        pretrain(corpus, corpus / f"{tmp_path.name}-again", files=none)
    for epochs, expected in ((0, set()), (5, {"generate_pseudo_glosses", "embed_pseudo_glosses"})):
        config = configure(stage, epochs=epochs)
        settings = {"pretrain_prototypes": config}.__getitem__
        made = {maker for each in stage.READS if each.is_read(settings) for maker in each.makers}
        assert {each for each in made if "pseudo" in each} == expected


def test_stored_features_stand_for_the_frames_of_a_frozen_encoder(corpus, tmp_path):
    for split in TRAINED:
        encode_frames.run(
            frames=corpus / f"{split}.tar",
            frame_encoder=corpus / "resnet" / "model.safetensors",
            output=tmp_path / f"{split}.safetensors",
            config=encode_frames.Config(crop_height=SIDE, crop_width=SIDE),
        )
    stored = {f"{split}_encoded": tmp_path / f"{split}.safetensors" for split in TRAINED}
    settings = {"lora_blocks": [], "stored_features": True, "epochs": 1}
    with pytest.raises(InputError, match="--train-encoded: missing"):
        pretrain(corpus, corpus / tmp_path.name, encoder="resnet", **settings)
    folder = pretrain(corpus, corpus / tmp_path.name, encoder="resnet", files=stored, **settings)
    model = load_trained(folder, PrototypeModel).eval()
    frames, every = FrameStore(corpus / "dev.tar"), FeatureStore(stored["dev_encoded"])
    with torch.no_grad():
        opened = [model.open_clips(frames, ["dev-1"], None, None, e) for e in (None, every)]
        assert [type(each) for each in opened] == [StridedClips, EncodedClips]
        found = [model.extract("sign_features", **each.inputs([0])) for each in opened]
    assert found[0].shape == (4, 16)  # 16 frames, every second, halved
    assert torch.allclose(*found, atol=1e-5)
    adapted = load_trained(pretrain(corpus, corpus / "a", epochs=0), PrototypeModel)
    with pytest.raises(InputError, match=r"features of 12 values .* expected 8 values"):
        adapted.open_clips(frames, ["dev-1"], None, None, every)


def test_the_training_is_the_public_codes(corpus, tmp_path, monkeypatch):
    """The rate starts and ends at a hundredth; scales and norms have no decay."""
    tasks = []
    monkeypatch.setattr("sign2text.training.trainer.train", lambda task, _: tasks.append(task))
    monkeypatch.setattr("sign2text.training.model_folder.write_model", lambda *_: None)
    prototypes = dataclasses.replace(stage.Config().prototypes, learn_temperatures=True)
    pretrain(corpus, corpus / tmp_path.name, prototypes=prototypes, learning_rate=3e-4)
    (task,) = tasks
    names = {id(each): name for name, each in task.model.named_parameters()}
    with_decay, without = ({names[id(p)] for p in group["params"]} for group in task.groups)
    assert task.groups[1]["weight_decay"] == 0 and "weight_decay" not in task.groups[0]
    ends = {"weight"}
    assert {name.rsplit(".", 1)[-1] for name in with_decay} == ends
    assert "encoder.stages.0.0.attention_scale" in without
    assert {"head.gloss_temperature", "head.time_temperature"} <= without
    assert not any("norm" in name for name in with_decay)
    optimizer = task.make_optimizer()
    schedule = task.make_schedule(optimizer, 1000)
    rates = []
    for _ in range(1000):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert (rates[0], max(rates), rates[50]) == pytest.approx((3e-6, 3e-4, 3e-4))
    assert rates[999] == pytest.approx(3e-6, rel=0.01)
    assert task.weights == {"pseudo_glosses": 10.0} and task.settings.weight_decay == 0.001
    assert (task.settings.max_grad_value, task.settings.max_grad_norm) == (1.0, 1.0)


def test_targets_are_those_of_the_vocabulary(tmp_path):
    words = PseudoGlossVocabulary(["es", "regen", "wind"], [5, 4, 1])
    assert targets_of(["wind es schnee wind", ""], words, tmp_path) == [[0, 2], []]
    with pytest.raises(InputError, match=r"dev\.tsv: 2 clips found and none with a pseudo-gloss"):
        targets_of(["schnee", ""], words, tmp_path / "dev.tsv")


def test_vectors_of_none_and_blocks_that_are_missing_are_refused(corpus, tmp_path):
    words = PseudoGlossVocabulary.of(LINES["train"])
    path = tmp_path / "vectors.safetensors"
    write_vectors(path, words, torch.zeros(3, 6), torch.zeros(3).bool())
    with pytest.raises(InputError, match="none of the 3 pseudo-glosses has a vector"):
        pretrain(corpus, corpus / tmp_path.name, files={"vectors": path})
    with pytest.raises(InputError, match="lora_blocks: found 9, but the frame encoder has blocks"):
        pretrain(corpus, corpus / tmp_path.name, lora_blocks=[1, 9])


def problems(**changes) -> list[str]:
    configs = {
        "pretrain_prototypes": stage.Config(),
        "sample_frames": sample_frames.Config(),
        "encode_frames": encode_frames.Config(),
        "pretrain_frame_encoder": pretrain_frame_encoder.Config(),
    }
    return list(stage.check_settings((configs | changes).__getitem__))


def test_settings_that_do_not_fit_are_refused_before_any_work():
    assert problems() == []
    small = pretrain_frame_encoder.Config(architecture="dinov2", start="random")
    assert problems(pretrain_frame_encoder=small) == []
    chosen = {"pretrain_prototypes": stage.Config(lora_blocks=[9, 10, 11])}
    (told,) = problems(pretrain_frame_encoder=small, **chosen)
    assert told.startswith("lora_blocks: found 9, 10, 11") and "blocks 0 to 3" in told
    resnet = pretrain_frame_encoder.Config(start="random")
    assert problems(pretrain_frame_encoder=resnet) == []
    (told,) = problems(pretrain_frame_encoder=resnet, **chosen)
    assert "none, being a ResNet" in told
    published = pretrain_frame_encoder.Config(architecture="dinov2")
    assert problems(pretrain_frame_encoder=published, **chosen) == []
    beyond = stage.Config(lora_blocks=[11, 12])
    (told,) = problems(pretrain_frame_encoder=published, pretrain_prototypes=beyond)
    assert told.startswith("lora_blocks: found 12, expected") and "blocks 0 to 11" in told
    few = read_settings(
        stage.Config, {"sign_encoder": {"positions": "learnable_zero", "most_steps": 99}}
    )
    (told,) = problems(pretrain_prototypes=few)
    assert told.startswith("sign_encoder.most_steps: found 99, expected at least most_frames, 256")
    (told,) = problems(pretrain_prototypes=stage.Config(crop_height=300))
    assert told.startswith("crop_height: found 300, expected at most 256")
    stored = stage.Config(stored_features=True)
    assert stored.augmentation == Augmentation() and stored.lora_blocks == []
    assert problems(pretrain_prototypes=stored) == []
    with pytest.raises(InputError, match="stored_features is true with lora_blocks"):
        read_settings(stage.Config, {"stored_features": True, "lora_blocks": [1]})
    with pytest.raises(InputError, match="heads must divide width"):
        read_settings(stage.Config, {"sign_encoder": {"heads": 7}})
