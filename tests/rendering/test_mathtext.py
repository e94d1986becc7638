from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.rendering.mathtext import readable_maths


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"Scaling as $N^2$ and $O(n^{-3})$", "Scaling as N² and O(n⁻³)"),
        (r"$\alpha$-RuCl$_3$ and MoS$_{2}$", "α-RuCl₃ and MoS₂"),
        (r"$\mathbb{R}^n \to \mathcal{H}$", "ℝⁿ → ℋ"),
        (r"$\mathcal{O}(N)$", "O(N)"),
        (r"$\mathbf{x} \in \mathbb{Z}$", "x ∈ ℤ"),
        (r"Schr\"odinger, Poincar\'e, Erd\H{o}s, \c{S}ahin", "Schrödinger, Poincaré, Erdős, Şahin"),
        (
            r"Poincar{\'e}, G{\"{o}}del, K{\o}benhavn, \L{}ukasz",
            "Poincaré, Gödel, København, Łukasz",
        ),
        (r"\AA ngstr\"om, at 3 \AA\ or less", "Ångström, at 3 Å or less"),
        (r"$\sim$10 times in $O(n\log n)$", "∼10 times in O(n log n)"),
        (r"$\hat{H}\psi = E\psi$", "Ĥψ = Eψ"),
        (r"$\frac{1}{2}$ and $\sqrt{n+1}$", "1/2 and √(n+1)"),
        (r"$10^{-3}\,\mathrm{eV}$", "10⁻³\u2009eV"),
        (r"$S_z=0$", "S_z=0"),
        (r"$x_{\mathrm{max}}$", "xₘₐₓ"),
        (r"\emph{Ab initio} at 5\% cost", "Ab initio at 5% cost"),
        (r"\(SO(3)\)-equivariant", "SO(3)-equivariant"),
        (r"$\Delta s(t) = \hbar \omega \partial x$", "Δs(t) = ℏω ∂x"),
        (r"$\alpha + \beta \in S$, $\pi 2$", "α + β ∈ S, π 2"),
        (r"$\mathbf{{x}}$", "x"),
        ("It costs $5 or $6", "It costs $5 or $6"),
        (r"$\begin{matrix}a\end{matrix}$", r"$\begin{matrix}a\end{matrix}$"),
        (r"$\unknown{x}$ and $\beta$", r"$\unknown{x}$ and β"),
        (r"$\mathbf{{x}$", r"$\mathbf{{x}$"),
        ("No maths at all", "No maths at all"),
    ],
)
def test_maths_reads_as_text_or_stays_as_written(written: str, read: str) -> None:
    assert readable_maths(written) == read


@pytest.mark.parametrize(
    "written",
    ["${}$".format("{" * 5000 + "}" * 5000), "$" + r"\sqrt" * 5000 + "x$", r"\(" * 20_000],
)
def test_a_formula_made_to_exhaust_us_stays_as_written(written: str) -> None:
    assert readable_maths(written) == written


@given(st.text(alphabet="$\\{}^_abα '\"frchtm", max_size=40))
def test_any_text_comes_through(text: str) -> None:
    assert isinstance(readable_maths(text), str)
