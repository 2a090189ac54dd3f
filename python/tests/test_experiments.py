"""Plans, sweeps and plots."""

import matplotlib as mpl
import pandas as pd
import pytest

from silenzio import DataError, PlanError, SilenzioClassifier, estimate, plot, plot_noise, simulate, sweep

mpl.use("Agg")


@pytest.fixture
def plan(root):
    return {
        "data": {"file": root / "data/iris.csv"},
        "training": {"epochs": 3},
        "engine": {"kind": "approximate"},
    }


def test_simulations_have_frames(plan):
    simulation = simulate(plan, seeds=2)
    curves = simulation.curves()
    assert list(curves) == ["seed", "epoch", "simulated", "float"]
    assert len(curves) == 6
    last = curves[curves["epoch"] == 3]
    assert simulation.accuracy == pytest.approx(last["simulated"].mean())
    assert simulation.float_accuracy == pytest.approx(last["float"].mean())
    assert set(simulation.bootstraps()["class"]) == {"coarse", "medium", "wide", "fine"}
    assert simulation.products().empty
    assert simulation.confusion().to_numpy().sum() == 60


def test_exact_plans_have_products(root):
    products = simulate(root / "plans/iris.toml", {"training.epochs": 1}).products()
    assert (products["met"] <= products["covered"]).all()
    assert "layer 1 forward" in set(products["name"])


def test_estimates_have_times_and_sizes(plan):
    found = estimate(plan, {"training.batch": 4})
    assert (found.network, found.steps, found.samples) == ("4-8-3", 90, 360)
    assert found.seconds == pytest.approx(90 * found.seconds_per_step)
    assert found.key_file_bytes > 1e8
    bootstraps = found.operations_per_step["bootstraps"]
    assert [bootstraps[precision] for precision in ("fine", "medium", "wide")] == [4 * 3, 4 * 8, 4 * 8]


def test_sweeps_are_frames_and_resume(tmp_path, root):
    grid = {"plan": root / "plans/iris_approximate.toml", "seeds": 2, "grid": {"training.epochs": [1, 2]}}
    grid["grid"] = {"training": {"epochs": [1, 2]}}
    seen = []
    table = sweep(grid, tmp_path / "sweep.csv", progress=lambda *event: seen.append(event))
    assert len(table) == 4
    assert list(table["training.epochs"]) == [1, 1, 2, 2] or sorted(table["training.epochs"]) == [1, 1, 2, 2]
    assert table["simulated_accuracy"].between(0, 1).all()
    assert seen[-1][0] == "sweep"
    again = sweep(grid, tmp_path / "sweep.csv")
    pd.testing.assert_frame_equal(again, table)


def test_bad_plans_are_refused(plan, tmp_path):
    with pytest.raises(PlanError, match="wings"):
        simulate({**plan, "wings": 2})
    with pytest.raises(PlanError, match=r"training\.batch = 0"):
        simulate(plan, {"training.batch": 0})
    with pytest.raises(DataError, match="does not exist"):
        simulate({**plan, "data": {"file": str(tmp_path / "none.csv")}})
    with pytest.raises(FileNotFoundError, match=r"none\.toml"):
        estimate(tmp_path / "none.toml")
    with pytest.raises(PlanError, match="needs a list of values"):
        sweep({"plan": "x.toml", "grid": {"training": {"epochs": 1}}})
    with pytest.raises(ValueError, match="seeds"):
        simulate(plan, seeds=0)


def test_plots_show_curves(plan):
    axes = plot(simulate(plan, seeds=2))
    assert [line.get_label() for line in axes.get_lines()] == ["simulated", "floating point"]
    X = [[0.0], [1.0], [0.1], [0.9]]
    axes = plot(SilenzioClassifier(max_iter=3, random_state=1).fit(X, [0, 1, 0, 1]))
    assert len(axes.get_lines()[0].get_xdata()) == 3


def test_noise_grows_with_the_root_of_the_samples_below_its_limit(plan, root):
    simulation = simulate(plan)
    noise = simulation.noise()
    assert list(noise["layer"].unique()) == [1, 2]
    second = noise[noise["layer"] == 2]["noise"].to_numpy()
    assert second[2] == pytest.approx(second[0] * 3**0.5)
    assert (noise["noise"] <= noise["limit"]).all()
    assert len(plot_noise(simulation).get_lines()) == 3
    with pytest.raises(ValueError, match="no noise"):
        plot_noise(simulate(root / "plans/iris.toml", {"training.epochs": 1}))
