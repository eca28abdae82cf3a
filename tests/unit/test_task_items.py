"""Items of Scaling SLT's tasks: batches of prompt, landmarks and output; refused texts."""

import pytest
import torch
from transformers import PreTrainedTokenizerFast

from sign2text.data.clips import Clips
from sign2text.ground.errors import InputError
from sign2text.methods.scaling_slt.examples import Example
from sign2text.methods.scaling_slt.tasks import TaskCollator, TaskItems, encoded_items
from sign2text.text.tokenizer import train_unigram

SENTENCES = ["guten tag .", "morgen regnet es .", "translate align timed gsg de en | ."]


class Signing(Clips):
    """Clips of 2 and 3 landmark steps, each filled with its number and epoch."""

    lengths = (2, 3)

    def __getitem__(self, item: tuple[int, int]) -> dict:
        clip, epoch = item
        return {"steps": torch.full((self.lengths[clip], 255), 10.0 * clip + epoch)}


@pytest.fixture(scope="module")
def words() -> PreTrainedTokenizerFast:
    return train_unigram(SENTENCES * 3, 60, "de")


def encoded(words, signing=None, most_prompt=50, most_output=50, **outputs) -> TaskItems:
    """Encode examples of clips, or of text, with these outputs."""
    task = "mt" if signing is None else "slt"
    examples = [
        Example(task, "gsg", "de", f"translate gsg de{' tag' * place}", text, clip)
        for place, (clip, text) in enumerate(outputs.items())
    ]
    return encoded_items(
        examples, words, signing, where="train.tsv", most_prompt=most_prompt,
        most_output=most_output,
    )  # fmt: skip


def test_items_hold_prompt_landmarks_and_output(words) -> None:
    items = encoded(words, Signing(), one="guten tag .", two="morgen regnet es .")
    first, second = (len(prompt) for prompt in items.prompts)
    assert first < second, "another word"
    assert items.lengths == [first + 2, second + 3] and items.longest == items.lengths
    batch = TaskCollator(words.pad_token_id, 7)([items[1, 4], items[0, 4]])
    assert batch["prompt_lengths"].tolist() == [second, first]
    assert batch["lengths"].tolist() == [second + 3, first + 2]
    assert batch["prompt"].tolist() == [*items.prompts[1].tolist(), *items.prompts[0].tolist()]
    assert batch["prompt"][second - 1] == words.eos_token_id
    assert batch["landmarks"].shape == (5, 255) and batch["landmarks"].dtype == torch.float32
    assert batch["landmarks"][:, 0].tolist() == [14, 14, 14, 4, 4], "read with their epoch"
    assert batch["decoder_input_ids"][:, 0].tolist() == [7, 7]
    kept = batch["labels"][0][batch["labels"][0] >= 0]
    assert words.decode(kept, skip_special_tokens=True) == "morgen regnet es ."
    inputs = items.inputs([1, 0], 4)
    assert inputs.keys() == {"prompt", "prompt_lengths", "landmarks", "lengths"}
    assert all(torch.equal(inputs[key], batch[key]) for key in inputs)


def test_text_has_no_landmarks(words) -> None:
    items = encoded(words, **{"2": "guten tag ."})
    batch = items.inputs([0])
    assert batch["landmarks"].shape == (0, 255)
    assert batch["lengths"].tolist() == batch["prompt_lengths"].tolist() == items.lengths


def test_long_prompts_and_unwritable_captions_are_refused(words, caplog) -> None:
    told = r"train.tsv: the prompt of clip 'two' has \d+ tokens, expected at most 7.*prompt_tokens"
    lengths = [*map(len, encoded(words, Signing(), one="tag", two="tag").prompts)]
    with pytest.raises(InputError, match=told.replace("7", str(lengths[0]))):
        encoded(words, Signing(), lengths[0], one="tag", two="tag")
    with pytest.raises(InputError, match=r"train.tsv, slt gsg-de: 1 of 2 texts .* 'ΘΦΩ'"):
        encoded(words, Signing(), one="ΘΦΩ", two="tag")
    assert not caplog.records
    encoded(words, **{f"{row}": "Ω tag" if row == 2 else "tag" for row in range(2, 12)})
    assert "1 of 10 texts" in caplog.text and "first row 2" in caplog.text, "a few are allowed"


def test_long_outputs_are_cut(words, caplog) -> None:
    items = encoded(words, Signing(), most_output=4, one="morgen regnet es .", two=".")
    whole = encoded(words, Signing(), one="morgen regnet es .", two=".")
    assert items.targets[0] == whole.targets[0][:4] and items.targets[1] == whole.targets[1]
    assert "train.tsv, slt gsg-de: 1 of 2 outputs have more than 4 tokens" in caplog.text
