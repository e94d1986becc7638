"""Names of the arXiv categories that the sciences and machine learning share, for headings."""

from __future__ import annotations

# One line each: code | English name | Chinese name.
_TABLE = """
astro-ph.CO | Cosmology and Nongalactic Astrophysics | 宇宙学与河外天体物理
astro-ph.GA | Astrophysics of Galaxies | 星系天体物理
astro-ph.HE | High-Energy Astrophysics | 高能天体物理
astro-ph.IM | Instrumentation and Methods for Astrophysics | 天体物理仪器与方法
astro-ph.SR | Solar and Stellar Astrophysics | 太阳与恒星天体物理
cond-mat.dis-nn | Disordered Systems and Neural Networks | 无序系统与神经网络
cond-mat.mes-hall | Mesoscale and Nanoscale Physics | 介观与纳米物理
cond-mat.mtrl-sci | Materials Science | 材料科学
cond-mat.quant-gas | Quantum Gases | 量子气体
cond-mat.soft | Soft Condensed Matter | 软凝聚态物质
cond-mat.stat-mech | Statistical Mechanics | 统计力学
cond-mat.str-el | Strongly Correlated Electrons | 强关联电子
cond-mat.supr-con | Superconductivity | 超导
cs.AI | Artificial Intelligence | 人工智能
cs.CE | Computational Engineering, Finance and Science | 计算工程、金融与科学
cs.CL | Computation and Language | 计算与语言
cs.CV | Computer Vision and Pattern Recognition | 计算机视觉与模式识别
cs.LG | Machine Learning | 机器学习
cs.LO | Logic in Computer Science | 计算机科学中的逻辑
cs.MA | Multiagent Systems | 多智能体系统
cs.NA | Numerical Analysis | 数值分析
cs.NE | Neural and Evolutionary Computing | 神经与进化计算
cs.RO | Robotics | 机器人学
eess.IV | Image and Video Processing | 图像与视频处理
eess.SP | Signal Processing | 信号处理
eess.SY | Systems and Control | 系统与控制
gr-qc | General Relativity and Quantum Cosmology | 广义相对论与量子宇宙学
hep-ex | High-Energy Physics: Experiment | 高能物理实验
hep-lat | High-Energy Physics: Lattice | 格点高能物理
hep-ph | High-Energy Physics: Phenomenology | 高能物理唯象学
hep-th | High-Energy Physics: Theory | 高能物理理论
math-ph | Mathematical Physics | 数学物理
math.AP | Analysis of PDEs | 偏微分方程分析
math.DS | Dynamical Systems | 动力系统
math.NA | Numerical Analysis | 数值分析
math.OC | Optimization and Control | 优化与控制
math.PR | Probability | 概率论
math.ST | Statistics Theory | 统计理论
nlin.CD | Chaotic Dynamics | 混沌动力学
nucl-th | Nuclear Theory | 核理论
physics.ao-ph | Atmospheric and Oceanic Physics | 大气与海洋物理
physics.app-ph | Applied Physics | 应用物理
physics.bio-ph | Biological Physics | 生物物理
physics.chem-ph | Chemical Physics | 化学物理
physics.comp-ph | Computational Physics | 计算物理
physics.data-an | Data Analysis, Statistics and Probability | 数据分析、统计与概率
physics.flu-dyn | Fluid Dynamics | 流体动力学
physics.geo-ph | Geophysics | 地球物理
physics.med-ph | Medical Physics | 医学物理
physics.optics | Optics | 光学
physics.plasm-ph | Plasma Physics | 等离子体物理
q-bio.BM | Biomolecules | 生物分子
q-bio.GN | Genomics | 基因组学
q-bio.MN | Molecular Networks | 分子网络
q-bio.NC | Neurons and Cognition | 神经元与认知
q-bio.QM | Quantitative Methods | 定量方法
quant-ph | Quantum Physics | 量子物理
stat.ME | Statistical Methodology | 统计方法论
stat.ML | Machine Learning (Statistics) | 机器学习（统计）
"""
_NAMES = {
    code: {"en": english, "zh": chinese}
    for code, english, chinese in (line.split(" | ") for line in _TABLE.strip().splitlines())
}


def category_name(code: str, language: str) -> str:
    """What a category is called, or nothing if its code is all that is known."""
    return _NAMES.get(code, {}).get(language, "")
