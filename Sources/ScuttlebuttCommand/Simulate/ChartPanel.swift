// SPDX-License-Identifier: MIT

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
