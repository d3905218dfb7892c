import static org.neo4j.configuration.GraphDatabaseSettings.SYSTEM_DATABASE_NAME;

import java.io.File;
import java.util.Map;
import org.neo4j.configuration.GraphDatabaseSettings;
import org.neo4j.configuration.connectors.BoltConnector;
import org.neo4j.configuration.helpers.SocketAddress;
import org.neo4j.dbms.api.DatabaseManagementService;
import org.neo4j.dbms.api.DatabaseManagementServiceBuilder;

/**
 * A Neo4j Community server on loopback, with authentication.
 *
 * <p>Arguments: the folder of its data, and its Bolt port. The first line of standard input is the password of the user
 * neo4j; the server prints READY when it answers and stops, with its files closed, when standard input ends.
 */
final class LocalServer {
    public static void main(String[] arguments) throws Exception {
        File home = new File(arguments[0]);
        SocketAddress bolt = new SocketAddress("127.0.0.1", Integer.parseInt(arguments[1]));
        String password = readLine();
        DatabaseManagementService server = new DatabaseManagementServiceBuilder(home.toPath())
                .setConfig(GraphDatabaseSettings.auth_enabled, true)
                .setConfig(GraphDatabaseSettings.pagecache_memory, 256L * 1024 * 1024)
                .setConfig(GraphDatabaseSettings.memory_transaction_max_size, Runtime.getRuntime().maxMemory() / 2)
                .setConfig(GraphDatabaseSettings.preallocate_logical_logs, false)
                .setConfig(BoltConnector.listen_address, bolt)
                .setConfig(BoltConnector.advertised_address, bolt)
                .setConfig(BoltConnector.enabled, true)
                .build();
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdown));
        server.database(SYSTEM_DATABASE_NAME)
                .executeTransactionally(
                        "ALTER USER neo4j SET PASSWORD $word CHANGE NOT REQUIRED",
                        Map.of("word", password),
                        result -> null);
        System.out.println("READY");
        System.setOut(System.err); // nobody reads standard output from here on: a full pipe would stop the server
        while (System.in.read() >= 0) {
            // the writer's end is still open
        }
        System.exit(0);
    }

    private static String readLine() throws Exception {
        StringBuilder line = new StringBuilder();
        for (int c = System.in.read(); c >= 0 && c != '\n'; c = System.in.read()) {
            line.append((char) c);
        }
        return line.toString();
    }
}
