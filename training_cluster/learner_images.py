"""Image diffusion: a UNet learns to tell the noise that was added to an image (DDPM, arXiv 2006.11239)."""

from __future__ import annotations

import io

import torch
from PIL import Image
from torch import Tensor, nn

from training_cluster.learner import Batch, Learner, Sample, places
from training_cluster.spec import SpecError

NOISE_STEPS = 1000
BETA_FIRST, BETA_LAST = 1e-4, 0.02
SHOWN_STEPS, SHOWN_IMAGES = 25, 4


class DiffusionLearner(Learner):
    """Images are raw bytes in rows of (height, width, channels), all of one size."""

    def __init__(self, net: nn.Module, side: int, channels: int) -> None:
        super().__init__(net)
        self.side, self.channels = side, channels
        self.kept = torch.linspace(BETA_FIRST, BETA_LAST, NOISE_STEPS, dtype=torch.float64).neg().add(1).cumprod(0)

    def samples(self, payload: bytes) -> Tensor:
        """(N, channels, side, side) uint8."""
        size = self.side * self.side * self.channels
        if not payload or len(payload) % size:
            raise SpecError(f"A shard of {len(payload)} bytes holds no whole number of images of {size} bytes.")
        pixels = torch.frombuffer(bytearray(payload), dtype=torch.uint8)
        return pixels.view(-1, self.side, self.side, self.channels).permute(0, 3, 1, 2)

    def draw(self, samples: Tensor, batch: int, sequence: int, generator: torch.Generator) -> Batch:
        """Noised images, their noise, both (batch, channels, side, side), and how far each was noised, (batch,)."""
        chosen = samples[places(generator, batch, len(samples) - 1)].float() / 127.5 - 1
        steps = places(generator, batch, NOISE_STEPS - 1)
        noise = torch.randn(chosen.shape, generator=generator)
        kept = self.kept[steps].float().view(-1, 1, 1, 1)
        return kept.sqrt() * chosen + (1 - kept).sqrt() * noise, noise, steps

    def loss(self, batch: Batch) -> Tensor:
        """Mean squared error of the noise."""
        noised, noise, steps = (part.to(self.device) for part in batch)
        return nn.functional.mse_loss(self.net(noised, steps).sample.float(), noise)

    @torch.no_grad()
    def show(self, prompt: str) -> Sample:
        """Four images from fixed noise by 25 deterministic steps (DDIM, arXiv 2010.02502), side by side."""
        generator = torch.Generator().manual_seed(0)
        images = torch.randn((SHOWN_IMAGES, self.channels, self.side, self.side), generator=generator)
        times = torch.linspace(NOISE_STEPS - 1, 0, SHOWN_STEPS).round().long().tolist()
        self.eval()
        for time, after in zip(times, [*times[1:], -1], strict=True):
            steps = torch.full((SHOWN_IMAGES,), time, device=self.device)
            noise = self.net(images.to(self.device), steps).sample.float().cpu()
            kept, next_kept = float(self.kept[time]), float(self.kept[after]) if after >= 0 else 1.0
            clean = ((images - (1 - kept) ** 0.5 * noise) / kept**0.5).clamp(-1, 1)
            images = next_kept**0.5 * clean + (1 - next_kept) ** 0.5 * noise
        self.train()
        return Sample(f"{SHOWN_IMAGES} images from the same noise every time.", png(images))


def png(images: Tensor) -> bytes:
    """(N, channels, side, side) from -1 to 1 as one row of pictures; channels beyond three are not shown."""
    row = torch.cat(list(((images.clamp(-1, 1) + 1) * 127.5).round().byte()[:, :3]), dim=2).permute(1, 2, 0)
    array = row.numpy() if row.shape[2] == 3 else row[:, :, 0].numpy()
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "PNG")
    return buffer.getvalue()
