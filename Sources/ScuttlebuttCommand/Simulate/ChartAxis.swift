// SPDX-License-Identifier: MIT

/// An axis from 0 to a round number, with ticks at round numbers.
struct ChartAxis {
    let limit: Double
    let step: Double

    /// Creates an axis that reaches at least `value`.
    init(upTo value: Double) {
        let value = value.isFinite && value > 0 ? value : 1
        var power = 1.0
        while power * 10 <= value { power *= 10 }
        while power > value { power /= 10 }
        let ratio = value / power
        let unit = ratio <= 1.2 ? 0.2 : ratio <= 3 ? 0.5 : ratio <= 6 ? 1 : 2
        step = unit * power
        limit = (value / step).rounded(.up) * step
    }

    /// The tick values, including 0.
    var ticks: [Double] { (0...Int((limit / step).rounded())).map { Double($0) * step } }

    /// The x coordinate of a value on the horizontal axis.
    func x(of value: Double) -> Double {
        ChartPanel.left + min(max(value / limit, 0), 1) * ChartPanel.width
    }
}
