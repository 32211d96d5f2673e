"""Causal and masked language models over bytes or over the tokens of a `tokenizer.json`."""

from __future__ import annotations

import torch
from tokenizers import Tokenizer as JsonTokenizer
from torch import Tensor, nn

from training_cluster.learner import Batch, Learner, Sample, Tokenizer, places
from training_cluster.spec import SpecError

MASKED_SHARE = 0.15  # BERT, arXiv 1810.04805; here each chosen token becomes the mask, none is kept or replaced.
NOT_A_TARGET = -100
SHOWN_TOKENS = 160
TEMPERATURE = 0.8
HIDE_EVERY = 4


class Bytes:
    """The tokenizer that every run may use: a byte is its own token."""

    size = 256

    def encode(self, payload: bytes) -> Tensor:
        """(N,) uint8."""
        return torch.frombuffer(bytearray(payload), dtype=torch.uint8)

    def decode(self, tokens: list[int]) -> str:
        """Printable ASCII; other bytes are left out."""
        return bytes(token for token in tokens if 9 <= token < 127).decode("ascii")


class Json:
    """A `tokenizer.json` of Hugging Face: data, read by a library that runs no code from it."""

    def __init__(self, payload: bytes) -> None:
        try:
            self._tokenizer = JsonTokenizer.from_str(payload.decode())
        except Exception as error:  # the library raises bare exceptions for JSON that is no tokenizer
            raise SpecError(f"This is no tokenizer: {str(error)[:200]}") from error
        # A file may cut or pad every text to one length: a shard would lose its end, or gain what nobody wrote.
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self.size = self._tokenizer.get_vocab_size()

    def encode(self, payload: bytes) -> Tensor:
        """(N,) int32."""
        text = payload.decode(errors="replace")
        return torch.tensor(self._tokenizer.encode(text, add_special_tokens=False).ids, dtype=torch.int32)

    def decode(self, tokens: list[int]) -> str:
        """Text without special tokens."""
        return str(self._tokenizer.decode(tokens))


class TextLearner(Learner):
    """What both language models share: windows of a long row of tokens."""

    def __init__(self, net: nn.Module, tokenizer: Tokenizer, window: int) -> None:
        super().__init__(net)
        self.tokenizer, self.window = tokenizer, window

    def samples(self, payload: bytes) -> Tensor:
        """(N,) tokens."""
        return self.tokenizer.encode(payload)

    def windows(self, samples: Tensor, batch: int, length: int, generator: torch.Generator) -> Tensor:
        """(batch, length) int64 at places drawn by the generator. Raises SpecError for a shard that is too short."""
        if len(samples) < length:
            raise SpecError(f"A shard of {len(samples)} tokens is shorter than a sequence of {length}.")
        starts = places(generator, batch, len(samples) - length)
        return torch.stack([samples[start : start + length] for start in starts]).long()


class CausalLearner(TextLearner):
    """Predicts the next token."""

    def draw(self, samples: Tensor, batch: int, sequence: int, generator: torch.Generator) -> Batch:
        """(batch, sequence + 1) tokens."""
        return (self.windows(samples, batch, sequence + 1, generator),)

    def loss(self, batch: Batch) -> Tensor:
        """Mean next-token cross-entropy in nats."""
        tokens = batch[0].to(self.device)
        logits = self.net(input_ids=tokens[:, :-1]).logits
        return nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]).float(), tokens[:, 1:].reshape(-1))

    @torch.no_grad()
    def show(self, prompt: str) -> Sample:
        """The prompt continued, at temperature 0.8 from a fixed seed."""
        generator = torch.Generator().manual_seed(0)
        tokens = self.tokenizer.encode(prompt.encode()).tolist() or [0]
        begun = len(tokens)
        self.eval()
        for _ in range(SHOWN_TOKENS):
            seen = torch.tensor([tokens[-self.window :]], device=self.device)
            logits = self.net(input_ids=seen).logits[0, -1].float().cpu()
            chances = (logits[: self.tokenizer.size] / TEMPERATURE).softmax(0)
            tokens.append(int(torch.multinomial(chances, 1, generator=generator)))
        self.train()
        return Sample(self.tokenizer.decode(tokens[begun:]))


class MaskedLearner(TextLearner):
    """Fills in masked tokens. The mask is the last number of the vocabulary, beyond the tokenizer's own."""

    def __init__(self, net: nn.Module, tokenizer: Tokenizer, window: int, vocabulary: int) -> None:
        super().__init__(net, tokenizer, window)
        if vocabulary <= tokenizer.size:
            raise SpecError(f"vocab_size must be above the tokenizer's {tokenizer.size}: its last number is the mask.")
        self.mask = vocabulary - 1

    def draw(self, samples: Tensor, batch: int, sequence: int, generator: torch.Generator) -> Batch:
        """(batch, sequence) tokens, and which of them are hidden; at least one in each row."""
        tokens = self.windows(samples, batch, sequence, generator)
        order = torch.rand(tokens.shape, generator=generator).argsort(dim=1)
        return tokens, order < max(1, round(sequence * MASKED_SHARE))

    def loss(self, batch: Batch) -> Tensor:
        """Mean cross-entropy of the hidden tokens in nats."""
        tokens, hidden = (part.to(self.device) for part in batch)
        logits = self.net(input_ids=tokens.masked_fill(hidden, self.mask)).logits
        targets = tokens.masked_fill(~hidden, NOT_A_TARGET)
        return nn.functional.cross_entropy(
            logits.reshape(-1, logits.shape[-1]).float(), targets.reshape(-1), ignore_index=NOT_A_TARGET
        )

    @torch.no_grad()
    def show(self, prompt: str) -> Sample:
        """The prompt with every fourth token hidden, as the model fills it in."""
        tokens = self.tokenizer.encode((prompt or "0").encode()).long()[: self.window]
        hidden = torch.arange(len(tokens)) % HIDE_EVERY == HIDE_EVERY - 1
        self.eval()
        logits = self.net(input_ids=tokens.masked_fill(hidden, self.mask)[None].to(self.device)).logits[0].cpu()
        self.train()
        guesses = logits[:, : self.tokenizer.size].argmax(-1)
        right = int((guesses == tokens)[hidden].sum())
        text = self.tokenizer.decode(torch.where(hidden, guesses, tokens).tolist())
        return Sample(f"{text}\n({right} of {int(hidden.sum())} hidden tokens are right.)")
