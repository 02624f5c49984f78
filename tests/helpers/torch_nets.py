"""VGG and ResNet as modules of PyTorch, narrow, with the state dicts of torchvision's or timm's; needs torch."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from tests.helpers.torchvision_nets import BOTTLENECKS, FILTERS, IMAGENET_CLASSES, RESNET_BLOCKS, UNITS, VGG_NUMBERS

SIDE = 7


class TorchvisionVGG(nn.Module):
    def __init__(self, network: str) -> None:
        super().__init__()
        self.features, into = _features(network)
        self.classifier = nn.Sequential(
            *(nn.Linear(into * SIDE**2, UNITS), nn.ReLU(), nn.Dropout()),
            *(nn.Linear(UNITS, UNITS), nn.ReLU(), nn.Dropout()),
            nn.Linear(UNITS, IMAGENET_CLASSES),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = functional.adaptive_avg_pool2d(self.features(x), SIDE)
        return self.classifier[:-1](torch.flatten(x, 1))


class TimmVGG(nn.Module):
    def __init__(self, network: str) -> None:
        super().__init__()
        self.features, into = _features(network)
        self.pre_logits = nn.ModuleDict({"fc1": nn.Conv2d(into, UNITS, SIDE), "fc2": nn.Conv2d(UNITS, UNITS, 1)})
        self.head = nn.ModuleDict({"fc": nn.Linear(UNITS, IMAGENET_CLASSES)})

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = functional.adaptive_avg_pool2d(self.features(x), SIDE)
        x = functional.relu(self.pre_logits["fc1"](x))
        return torch.flatten(functional.relu(self.pre_logits["fc2"](x)), 1)


def _features(network: str) -> tuple[nn.Sequential, int]:
    """Convolutions, ReLUs and poolings, and the channels behind them."""
    layers, into = [], 3
    for numbers, width in zip(VGG_NUMBERS[network], (1, 2, 4, 8, 8), strict=True):
        for _ in numbers:
            layers += [nn.Conv2d(into, width * FILTERS, 3, padding=1), nn.ReLU()]
            into = width * FILTERS
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers), into


class Block(nn.Module):
    """Basic block, or bottleneck with the stride in its 3 x 3 convolution."""

    def __init__(self, into: int, width: int, stride: int, *, bottleneck: bool) -> None:
        super().__init__()
        self.out = 4 * width if bottleneck else width
        sides = (1, 3, 1) if bottleneck else (3, 3)
        channels = (into, *(width,) * (len(sides) - 1), self.out)
        strides = (1, stride, 1) if bottleneck else (stride, 1)
        self.count = len(sides)
        for number, (side, step) in enumerate(zip(sides, strides, strict=True)):
            convolution = nn.Conv2d(*channels[number : number + 2], side, step, side // 2, bias=False)
            self.add_module(f"conv{number + 1}", convolution)
            self.add_module(f"bn{number + 1}", nn.BatchNorm2d(channels[number + 1]))
        self.downsample = None
        if stride > 1 or into != self.out:
            self.downsample = nn.Sequential(nn.Conv2d(into, self.out, 1, stride, bias=False), nn.BatchNorm2d(self.out))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x
        for number in range(1, self.count + 1):
            y = getattr(self, f"bn{number}")(getattr(self, f"conv{number}")(y))
            y = functional.relu(y) if number < self.count else y
        return functional.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    def __init__(self, network: str) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, FILTERS, 7, 2, 3, bias=False), nn.BatchNorm2d(FILTERS)
        into = FILTERS
        for stage, count in enumerate(RESNET_BLOCKS[network], start=1):
            blocks = []
            for number in range(count):
                stride = 2 if stage > 1 and number == 0 else 1
                width = FILTERS * 2 ** (stage - 1)
                blocks.append(Block(into, width, stride, bottleneck=network in BOTTLENECKS))
                into = blocks[-1].out
            self.add_module(f"layer{stage}", nn.Sequential(*blocks))
        self.fc = nn.Linear(into, IMAGENET_CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = functional.max_pool2d(functional.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        return self.layer4(self.layer3(self.layer2(self.layer1(x)))).mean((2, 3))


def random_network(network: str, naming: str) -> nn.Module:
    """A network with random values, also in its normalisations; it computes what its last layer sees."""
    torch.manual_seed(0)
    if network in VGG_NUMBERS:
        made = TimmVGG(network) if naming == "timm" else TorchvisionVGG(network)
    else:
        made = ResNet(network)
    with torch.no_grad():
        for module in made.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight)
            if isinstance(module, nn.BatchNorm2d):
                nn.init.uniform_(module.weight, 0.5, 1)
                nn.init.uniform_(module.running_var, 0.7, 1.5)
                nn.init.uniform_(module.running_mean, -0.3, 0.3)
            if getattr(module, "bias", None) is not None:
                nn.init.uniform_(module.bias, -0.3, 0.3)
    return made.eval()


def hidden_of(network: nn.Module, picture: np.ndarray) -> np.ndarray:
    """(3, h, w) -> values before the last layer."""
    with torch.no_grad():
        return network(torch.from_numpy(picture[None])).numpy()[0]
