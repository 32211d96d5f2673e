"""Audio representation: hidden patches of a log-mel spectrogram are predicted (SSAST, arXiv 2110.09784)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from transformers.audio_utils import mel_filter_bank

from training_cluster.learner import Batch, Learner, Sample, places
from training_cluster.spec import SpecError

RATE, FRAME, HOP = 16_000, 400, 160  # 25 ms frames every 10 ms, as Whisper's and AST's processors have them
MASKED_SHARE = 0.4
FLOOR = 1e-5
# Log-mel energies of full-scale audio lie between about -11.5 (the floor) and 7: this brings them near -1 to 1.
CENTER, SPREAD = -4.0, 5.0
SHOWN_WINDOWS = 16


class AudioLearner(Learner):
    """Audio is 16-bit little-endian mono at 16 kHz, without a header."""

    def __init__(self, net: nn.Module, width: int, patch: int, frames: int, mels: int) -> None:
        super().__init__(net)
        self.head = nn.Linear(width, patch * patch)
        self.patch, self.frames = patch, frames
        self.filters = torch.tensor(mel_filter_bank(FRAME // 2 + 1, mels, 0.0, RATE / 2, RATE), dtype=torch.float32)
        self.patches = mels // patch * (frames // patch)
        self.held: Tensor | None = None

    def samples(self, payload: bytes) -> Tensor:
        """(N,) int16."""
        if len(payload) % 2 or len(payload) // 2 < self.window:
            raise SpecError(f"A shard of {len(payload)} bytes is no 16-bit audio of at least {self.window} values.")
        return torch.frombuffer(bytearray(payload), dtype=torch.int16)

    @property
    def window(self) -> int:
        """Values of audio that one sample spans."""
        return (self.frames - 1) * HOP + FRAME

    def draw(self, samples: Tensor, batch: int, sequence: int, generator: torch.Generator) -> Batch:
        """Spectrograms (batch, frames, mels), and which patches are hidden, (batch, patches)."""
        starts = places(generator, batch, len(samples) - self.window)
        waves = torch.stack([samples[start : start + self.window] for start in starts]).float() / 32_768
        order = torch.rand((batch, self.patches), generator=generator).argsort(dim=1)
        return self.spectrogram(waves), order < max(1, round(self.patches * MASKED_SHARE))

    def spectrogram(self, waves: Tensor) -> Tensor:
        """(batch, frames, mels) log-mel energies, about -1 to 1."""
        found = torch.stft(
            waves, FRAME, HOP, window=torch.hann_window(FRAME), center=False, return_complex=True
        )  # (batch, frequencies, frames)
        energies = found.abs().square().transpose(1, 2) @ self.filters
        return (energies.clamp_min(FLOOR).log() - CENTER) / SPREAD

    def cut(self, spectrograms: Tensor) -> Tensor:
        """(batch, patches, patch * patch) in the order in which the model's convolution meets them."""
        images = spectrograms.transpose(1, 2)[:, None]
        return nn.functional.unfold(images, self.patch, stride=self.patch).transpose(1, 2)

    def predict(self, spectrograms: Tensor, hidden: Tensor) -> Tensor:
        """(batch, patches, patch * patch) from what is not hidden; hidden patches are zero."""
        pieces = self.cut(spectrograms).masked_fill(hidden[..., None], 0.0)
        images = nn.functional.fold(
            pieces.transpose(1, 2), (spectrograms.shape[2], self.frames), self.patch, stride=self.patch
        )
        states = self.net(input_values=images[:, 0].transpose(1, 2)).last_hidden_state
        return self.head(states[:, 2:])

    def loss(self, batch: Batch) -> Tensor:
        """Mean squared error of the hidden patches."""
        spectrograms, hidden = (part.to(self.device) for part in batch)
        wrong = (self.predict(spectrograms, hidden).float() - self.cut(spectrograms)).square().mean(-1)
        return wrong[hidden].mean()

    @torch.no_grad()
    def show(self, prompt: str) -> Sample:
        """How much of a fixed test tone's hidden patches the model explains."""
        time = torch.arange(self.window) / RATE
        tones = torch.stack([(2 * torch.pi * (220 + 40 * n) * time).sin() * 0.5 for n in range(SHOWN_WINDOWS)])
        spectrograms = self.spectrogram(tones).to(self.device)
        hidden = (torch.arange(self.patches, device=self.device) % 3 == 0).expand(SHOWN_WINDOWS, -1)
        self.eval()
        guesses, truth = self.predict(spectrograms, hidden)[hidden], self.cut(spectrograms)[hidden]
        self.train()
        explained = 1 - float((guesses - truth).square().mean() / truth.var().clamp_min(1e-9))
        return Sample(f"{explained:.0%} of the variance of hidden patches of a test tone is explained.")
