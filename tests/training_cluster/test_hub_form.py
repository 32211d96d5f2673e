"""A release's front matter is what the Hub's own library reads, without a warning or an error."""

from pathlib import Path

from huggingface_hub import ModelCard

HEAD = Path(__file__).parents[1] / "factories" / "release_head.yaml"


def test_the_hubs_library_reads_the_front_matter_of_a_release():
    card = ModelCard(f"---\n{HEAD.read_text()}---\n\n# A model\n", ignore_metadata_errors=False)
    assert (card.data.license, card.data.library_name, card.data.datasets) == (
        "apache-2.0", "transformers", ["open/books"],
    )  # fmt: skip
    assert [(result.metric_type, result.metric_value, result.dataset_split) for result in card.data.eval_results] == [
        ("loss", 2.0, "held-out"), ("perplexity", 7.3891, "held-out"),
    ]  # fmt: skip
