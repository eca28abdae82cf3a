import pytest
import torch

from sign2text.data.batches import batches_by_length
from sign2text.data.clips import FeatureClips
from sign2text.data.feature_store import FeatureStore, write_features
from sign2text.ground.errors import InputError
from sign2text.models.beam_search import beam_search
from sign2text.stages.decode import video_orders

# Neither the store's order nor the one asked for is that of the lengths; two are equal.
LENGTHS = {"a": 3, "b": 11, "c": 1, "d": 7, "e": 3, "f": 9}
ASKED = ["e", "c", "f", "a", "b", "d"]


@pytest.fixture
def network(tiny_translator, tiny_tokenizer):
    network = tiny_translator(seed=1, light=False).eval()
    # As initialised, an mBART says the same of whatever it is shown, and little but special tokens.
    for parameter in network.language_model.parameters():
        if parameter.dim() > 1:
            parameter.data *= 6
    unsaid = [
        token for token in tiny_tokenizer.all_special_ids if token != tiny_tokenizer.eos_token_id
    ]
    network.language_model.final_logits_bias[:, unsaid] = -1e4
    return network


@pytest.fixture
def store(tmp_path):
    generator = torch.Generator().manual_seed(2)
    features = torch.randn(sum(LENGTHS.values()), 12, generator=generator)
    path = tmp_path / "test.safetensors"
    write_features(path, list(LENGTHS), list(LENGTHS.values()), [features], feature="sign_wise")
    return FeatureStore(path)


def test_without_permutations_each_clip_keeps_its_video():
    assert video_orders(4, 0, seed=1) == [[0, 1, 2, 3]]


def test_no_clip_keeps_its_own_video_and_each_video_is_used_once():
    orders = video_orders(40, 5, seed=1)
    assert len(orders) == 5
    for order in orders:
        assert sorted(order) == list(range(40))
        assert all(own != other for own, other in enumerate(order))
    assert orders == video_orders(40, 5, seed=1)
    assert orders != video_orders(40, 5, seed=2)
    assert len({tuple(order) for order in orders}) == 5


def test_a_single_clip_cannot_be_permuted():
    with pytest.raises(InputError, match=r"1 clip found, at least 2 expected, .* Set it to 0"):
        video_orders(1, 5, seed=1)


def test_each_clip_gets_its_own_hypothesis_whatever_batch_it_was_in(network, tiny_tokenizer, store):
    def search(ids, **settings):
        clips = FeatureClips(store, ids, None, seed=None)
        return beam_search(network, tiny_tokenizer, clips, **settings)

    settings = {"beams": 3, "max_new_tokens": 8, "batch_steps": 12}
    batches = batches_by_length([LENGTHS[clip] for clip in ASKED], settings["batch_steps"])
    assert [len(batch) for batch in batches] == [1, 1, 1, 3]
    hypotheses, scores = search(ASKED, **settings)
    alone = [search([clip], **settings) for clip in ASKED]
    assert len(set(hypotheses)) == len(ASKED), "equal ones would hide that two were exchanged"
    assert hypotheses == [hypothesis for (hypothesis,), _ in alone]
    assert scores == pytest.approx([score for _, (score,) in alone], abs=1e-4)


@pytest.mark.parametrize("said", [True, False])
def test_decoding_keeps_keys_and_values_whatever_the_configuration_says(
    network, tiny_tokenizer, store, said
):
    network.language_model.generation_config.use_cache = said
    network.language_model.config.use_cache = said
    lengths = []
    decoder = network.language_model.model.decoder
    decoder.register_forward_pre_hook(
        lambda _, args, inputs: lengths.append(inputs["input_ids"].shape[1]), with_kwargs=True
    )
    clips = FeatureClips(store, ["b"], None, seed=None)
    beam_search(network, tiny_tokenizer, clips, beams=2, max_new_tokens=6)
    assert lengths == [1] * 6
