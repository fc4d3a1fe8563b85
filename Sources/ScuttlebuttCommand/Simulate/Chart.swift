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

/// One curve of a panel.
struct ChartLine {
    let name: String
    let colour: String
    /// Samples at equal intervals, starting at time 0.
    let values: [Double]
}

/// A grid with curves and a legend.
struct ChartPanel {
    static let left = 70.0
    static let width = 800.0
    static let height = 190
    /// The y coordinates of the panels.
    static let tops = [84, 344]

    let top: Int
    let title: String
    let time: ChartAxis
    let lines: [ChartLine]

    private var bottom: Int { top + ChartPanel.height }

    var svg: String {
        let axis = ChartAxis(upTo: lines.flatMap(\.values).max() ?? 0)
        return heading + grid(axis) + lines.map { curve($0, axis) }.joined()
    }

    private var heading: String {
        var text = "<text x=\"70\" y=\"\(top - 10)\" fill=\"#222222\">\(title)</text>\n"
        var place = 870.0
        // Lay the legend out from the right, so that names of any length fit.
        for line in lines.reversed() {
            let name = ChartText.number(place)
            place -= Double(line.name.utf8.count) * 7 + 30
            let start = ChartText.number(place + 4)
            text +=
                "<line x1=\"\(start)\" y1=\"\(top - 14)\" x2=\"\(ChartText.number(place + 24))\" "
                + "y2=\"\(top - 14)\" stroke=\"\(line.colour)\" stroke-width=\"3\"/>"
                + "<text x=\"\(name)\" y=\"\(top - 10)\" text-anchor=\"end\" fill=\"#222222\">"
                + "\(line.name)</text>\n"
            place -= 14
        }
        return text
    }

    private func grid(_ axis: ChartAxis) -> String {
        let right = ChartText.number(ChartPanel.left + ChartPanel.width)
        var text = ""
        for mark in axis.ticks {
            let place = ChartText.number(y(of: mark, axis))
            text +=
                "<line x1=\"70\" y1=\"\(place)\" x2=\"\(right)\" y2=\"\(place)\" "
                + "stroke=\"\(mark == 0 ? "#444444" : "#dddddd")\"/>"
                + "<text x=\"62\" y=\"\(place)\" dy=\"4\" text-anchor=\"end\" fill=\"#444444\">"
                + "\(ChartText.number(mark))</text>\n"
        }
        for mark in time.ticks {
            let place = ChartText.number(time.x(of: mark))
            text +=
                "<line x1=\"\(place)\" y1=\"\(bottom)\" x2=\"\(place)\" y2=\"\(bottom + 5)\" "
                + "stroke=\"#444444\"/><text x=\"\(place)\" y=\"\(bottom + 20)\" "
                + "text-anchor=\"middle\" fill=\"#444444\">\(ChartText.number(mark))</text>\n"
        }
        return text
    }

    private func curve(_ line: ChartLine, _ axis: ChartAxis) -> String {
        let interval = Double(StalenessSeries.milliseconds) / 1_000
        let points = line.values.enumerated().map { index, value in
            ChartText.number(time.x(of: Double(index) * interval)) + ","
                + ChartText.number(y(of: value, axis))
        }
        return "<polyline fill=\"none\" stroke=\"\(line.colour)\" stroke-width=\"1.8\" "
            + "stroke-linejoin=\"round\" points=\"\(points.joined(separator: " "))\"/>\n"
    }

    private func y(of value: Double, _ axis: ChartAxis) -> Double {
        Double(bottom) - value / axis.limit * Double(ChartPanel.height)
    }
}

/// Formats numbers and text for SVG.
enum ChartText {
    /// Formats a number with at most two decimals.
    static func number(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "0" }
        let hundredths = Int((value * 100).rounded())
        let (whole, rest) = (abs(hundredths) / 100, abs(hundredths) % 100)
        var text = (hundredths < 0 ? "-" : "") + "\(whole)"
        if rest > 0 {
            text += rest % 10 == 0 ? ".\(rest / 10)" : rest < 10 ? ".0\(rest)" : ".\(rest)"
        }
        return text
    }

    /// Escapes the characters that are special in XML text.
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            default: result.append(character)
            }
        }
        return result
    }
}
